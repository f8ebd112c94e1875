//! The decoder of SOAP beside models of it, which walk the tree that roxmltree makes of the whole document and keep the
//! rules in plain sight. Both have to find the same in any document that is well-formed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde_json::{json, Map, Value};
use vm_customization::wire::{decode, event_keys, soap_tree, soap_tree_to, to_vi_json, WireError};
use vm_customization::ServerTime;

use crate::damage;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

fn text(element: Node<'_, '_>) -> String {
    let pieces = element
        .children()
        .filter(Node::is_text)
        .filter_map(|node| node.text());
    pieces.collect::<String>().trim().to_owned()
}

fn xsi_type(element: Node<'_, '_>) -> Option<String> {
    let name = element.attribute((XSI, "type"))?.trim();
    Some(name.rsplit(':').next().unwrap_or_default().to_owned())
}

fn elements<'a, 'd>(element: Node<'a, 'd>) -> impl Iterator<Item = Node<'a, 'd>> {
    element.children().filter(Node::is_element)
}

fn child<'a, 'd>(element: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    elements(element).find(|child| child.tag_name().name() == name)
}

/// The tree of an answer; empty members are left out.
fn tree(element: Node<'_, '_>, levels: usize) -> Value {
    let mut members = Map::new();
    members.insert("name".into(), element.tag_name().name().into());
    members.extend(xsi_type(element).map(|name| ("type".to_owned(), name.into())));
    let attributes: Map<_, _> = element
        .attributes()
        .filter(|attribute| attribute.namespace() != Some(XSI))
        .map(|attribute| (attribute.name().to_owned(), attribute.value().into()))
        .collect();
    let children: Vec<_> = elements(element)
        .take_while(|_| levels > 0)
        .map(|child| tree(child, levels - 1))
        .collect();
    for (name, value) in [
        ("attributes", Value::from(attributes)),
        ("children", children.into()),
        ("text", text(element).into()),
    ] {
        if value != json!({}) && value != json!([]) && value != json!("") {
            members.insert(name.into(), value);
        }
    }
    members.into()
}

#[derive(Debug)]
enum Refusal {
    Fault(String),
    NoObservation,
}

/// What a document holds.
#[derive(Default)]
struct Found {
    /// The items as a recording holds them.
    items: Vec<Value>,
    /// Whether there is a list of events, which may be empty.
    is_list: bool,
}

/// The items of a page, which says something when one has a type and a time, or when it is a list that has none.
fn items(root: Node<'_, '_>) -> Result<Vec<Value>, Refusal> {
    let mut found = Found::default();
    for body in elements(root).filter(|element| element.tag_name().name() == "Body") {
        for answer in elements(body) {
            let name = answer.tag_name().name();
            if name == "Fault" {
                return Err(Refusal::Fault(fault(answer)));
            }
            let is_page = name.ends_with("EventsResponse");
            found.is_list |= is_page || name.starts_with("WaitForUpdates");
            walk(answer, is_page, &mut found);
        }
    }
    let is_event = |item: &Value| {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let time = text("createdTime").and_then(|time| time.parse::<ServerTime>().ok());
        time.is_some() && text("_typeName").is_some_and(|name| !name.is_empty())
    };
    if found.items.iter().any(is_event) || found.is_list && found.items.is_empty() {
        return Ok(found.items);
    }
    Err(Refusal::NoObservation)
}

fn fault(element: Node<'_, '_>) -> String {
    let detail = child(element, "detail").and_then(|detail| elements(detail).next());
    let named = detail.map(|detail| {
        let name = detail.tag_name().name();
        xsi_type(detail).unwrap_or_else(|| name.strip_suffix("Fault").unwrap_or(name).to_owned())
    });
    let code = child(element, "faultcode").map(text);
    let known = named.or(code).filter(|name| !name.is_empty());
    known.unwrap_or_else(|| "unknown".to_owned())
}

fn walk(element: Node<'_, '_>, is_page: bool, found: &mut Found) {
    for inner in elements(element) {
        let name = inner.tag_name().name();
        found.is_list |= name == "val" && xsi_type(inner).as_deref() == Some("ArrayOfEvent");
        match name {
            "Event" => found.items.push(item(inner)),
            "returnval" if is_page => found.items.push(item(inner)),
            "val" if child(inner, "key").is_some() && child(inner, "createdTime").is_some() => {
                found.items.push(item(inner));
            }
            "returnval" | "filterSet" | "objectSet" | "changeSet" | "objects" | "propSet" | "val" => {
                walk(inner, false, found);
            }
            _ => {}
        }
    }
}

fn item(element: Node<'_, '_>) -> Value {
    let type_name = xsi_type(element);
    let field = |name: &str| child(element, name).map(text);
    let in_arguments = |name: &'static str| {
        let arguments = elements(element).filter(|field| field.tag_name().name() == "vm");
        arguments
            .flat_map(elements)
            .filter(move |field| field.tag_name().name() == name)
    };
    let name = in_arguments("name").next().map(text);
    let vm = in_arguments("vm").find(|vm| {
        let mut types = vm
            .attributes()
            .filter(|it| it.namespace().is_none() && it.name() == "type");
        types.next().is_none_or(|it| it.value() == "VirtualMachine")
    });
    let vm = vm.map(|vm| {
        without_nulls(json!({ "name": name, "vm": { "type": "VirtualMachine", "value": text(vm) } }))
    });
    let key = field("key");
    let mut item = json!({
        "_typeName": type_name,
        "key": key.map(|key| key.parse::<i32>().map_or_else(|_| json!(key), |key| json!(key))),
        "createdTime": field("createdTime"),
        "vm": vm,
    });
    let is_failure =
        type_name.is_some_and(|name| name.starts_with("Customization") && name[13..].contains("Fail"));
    if is_failure {
        for name in [
            "logLocation",
            "sysprepVersion",
            "systemVersion",
            "fullFormattedMessage",
        ] {
            item[name] = field(name).into();
        }
        let reasons = elements(element).filter(|field| field.tag_name().name() == "reason");
        let mut plain = reasons.filter(|reason| elements(*reason).next().is_none());
        item["reason"] = plain.next().map(text).into();
    }
    without_nulls(item)
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Compares them with the models where roxmltree reads the document. It is stricter with namespaces, and the core does not
/// look into what it has no use for.
fn compare(document: &str) {
    check_forms(document);
    // roxmltree keeps a lone carriage return before an entity; XML makes a line feed of it. It takes names that begin with
    // a colon, too.
    if document.replace("\r\n", "").contains('\r') || document.contains("<:") || document.contains("</:") {
        return;
    }
    // It reads an odd XML declaration, too.
    if soap_tree(document.as_bytes()).is_err_and(|error| error.to_string().contains("XML declaration")) {
        return;
    }
    // The core takes white space around a document away.
    let Ok(tree_of_all) = Document::parse(document.trim()) else {
        return;
    };
    let root = tree_of_all.root_element();
    for levels in [0, 2, usize::MAX] {
        let ours = soap_tree_to(document.as_bytes(), levels).unwrap();
        let ours: Value = serde_json::from_str(&ours).unwrap();
        assert_eq!(ours, tree(root, levels), "{levels} levels of {document}");
    }
    let ours = to_vi_json(document.as_bytes()).map(|json| serde_json::from_str::<Vec<Value>>(&json).unwrap());
    let is_envelope = root.tag_name().name() == "Envelope";
    match (ours, items(root)) {
        (Err(WireError::NotEvents(_)), _) => assert!(!is_envelope, "{document}"),
        (Ok(ours), Ok(expected)) => assert_eq!(ours, expected, "{document}"),
        (Err(WireError::Fault { fault, .. }), Err(Refusal::Fault(expected))) => {
            assert_eq!(fault, expected, "{document}");
        }
        (Err(WireError::NoObservation(_)), Err(Refusal::NoObservation)) => {}
        (ours, expected) => panic!("{document}\n  ours  {ours:?}\n  model {expected:?}"),
    }
}

/// What `decode`, which passes over what it has no use for, says of a document is what it says of all its items; and where
/// one of them reads a document, so do the others.
fn check_forms(document: &str) {
    let Ok(all) = to_vi_json(document.as_bytes()) else {
        return;
    };
    let (once, again) = (
        decode(document.as_bytes()).unwrap(),
        decode(all.as_bytes()).unwrap(),
    );
    assert_eq!(
        (once.events, once.ignored),
        (again.events, again.ignored),
        "{document}"
    );
    assert_eq!(
        event_keys(document.as_bytes()).unwrap(),
        event_keys(all.as_bytes()).unwrap(),
        "{document}"
    );
}

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
        let is_over = is_over.replace("<a", "<vm").replace("</a", "</vm");
        let decoded = decode(page(&is_over).as_bytes()).unwrap();
        assert_eq!(decoded.events.len(), 1, "{what}");
        assert!(decoded.bad[0].message.contains(what), "{:?}", decoded.bad);
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
