//! Random documents of SOAP, good and damaged, of which the decoder has to find what models of it find.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use proptest::prelude::*;
use vm_customization::wire::{decode, soap_tree};
use vm_customization_tests::properties::soap_documents::{compare, XSI};

use crate::damage;

fn piece() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec![
            "a",
            "é",
            " ",
            "\t",
            "\n",
            "\r\n",
            "]",
            "]]",
            ">",
            "&amp;",
            "&lt;",
            "&gt;",
            "&quot;",
            "&apos;",
            "&#65;",
            "&#x1F600;",
            "&#10;",
            "&#xD;",
            "7",
            "2026-03-01T10:00:00Z",
            "<![CDATA[</returnval>]]>",
            "<!--</vm>-->",
            "<?target </key>?>",
        ]),
        0..3,
    )
    .prop_map(|pieces| pieces.concat())
}

fn attribute() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "b",
        "type",
        "p:type",
        "q:a",
        "xsi:type",
        "xsi:nil",
        "xml:lang",
        "xmlns",
        "xmlns:p",
        "xmlns:xsi",
    ]);
    let value = prop::sample::select(vec![
        XSI,
        "urn:x",
        "VirtualMachine",
        "HostSystem",
        "vim25:VmStartingEvent",
        " CustomizationFailed ",
        "VmFooEvent",
        "ArrayOfEvent",
        "a&amp;&#9;b",
        "a\n\t&#10;\r\nb",
        "a/>b",
    ]);
    let space = prop::sample::select(vec!["", " ", "\n"]);
    (name, value, space, any::<bool>()).prop_map(|(name, value, space, single)| {
        let quote = if single { '\'' } else { '"' };
        format!(" {name}{space}={space}{quote}{value}{quote}")
    })
}

fn element(names: &[&'static str], content: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let name = prop::sample::select(names.to_vec());
    let type_name = prop::sample::select(vec![
        "",
        "",
        " xsi:type='VmStartingEvent'",
        " xsi:type='CustomizationFailed'",
        " xsi:type='VmFooEvent'",
        " xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:type='x:CustomizationSucceeded'",
    ]);
    let attributes = prop::collection::vec(attribute(), 0..2).prop_map(|attributes| attributes.concat());
    let space = prop::sample::select(vec!["", "", "", " ", "\n"]);
    (name, type_name, attributes, content, space).prop_map(|(name, type_name, attributes, content, space)| {
        if content.is_empty() {
            format!("<{name}{type_name}{attributes}{space}/>")
        } else {
            format!("<{name}{type_name}{attributes}>{content}</{name}{space}>")
        }
    })
}

fn contents(element: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(element, 0..most).prop_map(|elements| elements.concat())
}

/// What may stand in a body: answers with events, updates, faults, and what is none of it.
fn answer() -> impl Strategy<Value = String> {
    let leaf = element(
        &[
            "key",
            "createdTime",
            "reason",
            "logLocation",
            "userName",
            "name",
            "vm",
            "q:key",
        ],
        piece(),
    );
    let argument = element(
        &["vm", "vm", "host"],
        contents(element(&["vm", "name", "p:vm", "host", "hosts"], piece()), 4),
    );
    let time = Just("<createdTime>2026-03-01T10:00:00Z</createdTime>".to_owned());
    let field = prop_oneof![4 => leaf, 2 => time, 2 => argument, 1 => piece()];
    let event = element(
        &["returnval", "returnval", "Event", "val", "p:returnval"],
        contents(field, 7),
    );
    let nested = event.prop_recursive(4, 24, 4, |inner| {
        element(
            &[
                "returnval",
                "filterSet",
                "objectSet",
                "changeSet",
                "objects",
                "propSet",
                "val",
                "other",
            ],
            contents(inner, 4),
        )
    });
    let fault = element(
        &["Fault"],
        contents(
            prop_oneof![
                element(&["faultcode", "faultstring"], piece()),
                element(&["detail"], element(&["NotAuthenticatedFault", "x"], piece())),
            ],
            4,
        ),
    );
    prop_oneof![
        6 => element(&["QueryEventsResponse", "ReadNextEventsResponse", "WaitForUpdatesExResponse"], contents(nested, 4)),
        1 => fault,
    ]
}

fn document() -> impl Strategy<Value = String> {
    let prolog = prop::sample::select(vec![
        "",
        "<?xml version='1.0' encoding=\"UTF-8\"?>\n",
        "<!-- c -->",
    ]);
    let head = prop::sample::select(vec!["", "", "<Header/>", "<s:Header>x</s:Header>"]);
    (prolog, head, contents(answer(), 3)).prop_map(|(prolog, head, body)| {
        let root = format!(
            "s:Envelope xmlns='urn:e' xmlns:s='urn:s' xmlns:p='urn:p' xmlns:q='urn:p' xmlns:xsi='{XSI}'"
        );
        format!("{prolog}<{root}>{head}<s:Body>{body}</s:Body></s:Envelope>\n")
    })
}

proptest! {
    #![proptest_config(damage::config())]

    #[test]
    fn events_and_trees_are_found_as_by_the_models(document in document()) {
        compare(&document);
    }

    #[test]
    fn what_is_left_of_a_damaged_document_is_read_alike(
        document in damage::damaged(document(), vec![
            "", "<", ">", "&", ";", "'", "\"", "/", "=", "<a>", "</returnval>", "<returnval>", "<!", "<!DOCTYPE e>",
            "<?", "?>", "--", "-->", "<!--", "<![CDATA[", "]]>", "&nbsp;", "&#0;", "&#x110000;", "&#xD800;", "&#;",
            "\u{1}", ":", "x", "1", " ", "<key>7</key>", "<vm/>", "</s:Body>",
        ]),
    ) {
        compare(&document);
    }
}

#[test]
fn a_tag_and_a_scope_have_limits_and_an_item_over_them_costs_no_other() {
    let repeated =
        |count: usize, part: fn(usize) -> String| (0..count).map(part).collect::<Vec<_>>().concat();
    let event = |content: &str| {
        format!(
            "<returnval xsi:type='VmRemovedEvent'><key>1</key><createdTime>2026-03-01T10:00:00Z</createdTime>
            <vm><vm>vm-1</vm></vm>{content}</returnval>"
        )
    };
    let attributes = |count| format!("<a{}/>", repeated(count, |n| format!(" a{n}=''")));
    let namespaces = |count| format!("<a{}/>", repeated(count, |n| format!(" xmlns:p{n}='urn:{n}'")));
    let nested = |count| format!("{}{}", "<a>".repeat(count), "</a>".repeat(count));
    // Around the element are four others, and one namespace is in scope.
    for (fits, is_over, what) in [
        (attributes(64), attributes(65), "64 attributes"),
        (namespaces(63), namespaces(64), "64 namespaces"),
        (nested(60), nested(61), "64 deep"),
    ] {
        let page = |content: &str| {
            format!(
                "<Envelope xmlns:xsi='{XSI}'><Body><QueryEventsResponse>{}{}</QueryEventsResponse></Body></Envelope>",
                event(content),
                event("")
            )
        };
        assert_eq!(decode(page(&fits).as_bytes()).unwrap().events.len(), 2, "{what}");
        // What is of no use and holds no others of its name in each other is not looked into.
        let is_over = is_over.replace("<a", "<vm").replace("</a", "</vm") + "<b><c></c></b>";
        let decoded = decode(page(&is_over).as_bytes()).unwrap();
        assert_eq!(decoded.events.len(), 1, "{what}");
        assert!(decoded.bad[0].message.contains(what), "{:?}", decoded.bad);
        // Nor is what is of a type that nobody asks for, once an event was seen.
        let of_no_interest = event(&is_over).replace("VmRemovedEvent", "VmBeingClonedEvent");
        let decoded = decode(
            page("")
                .replacen("</QueryEvents", &format!("{of_no_interest}</QueryEvents"), 1)
                .as_bytes(),
        );
        assert_eq!(decoded.unwrap().bad, [], "{what}");
        let error = soap_tree(page(&is_over).as_bytes()).unwrap_err();
        assert_eq!(error.code(), "wireTooLarge");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn an_error_names_its_place() {
    let error = soap_tree(b"<a>\n <b>\n &nbsp;</b></a>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document is neither JSON nor SOAP: an unknown entity in what ends at 3:8"
    );
    assert_eq!(soap_tree(b"<a/>").unwrap(), r#"{"name":"a"}"#);
}
