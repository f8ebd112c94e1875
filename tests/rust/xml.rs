//! The XML reader of the core beside `roxmltree`: what one reads, or refuses, the other does too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::damage;
use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde_json::{json, Map, Value};
use vm_customization::wire::{soap_tree, soap_tree_to};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

fn expected(element: Node<'_, '_>) -> Value {
    let text: String = element
        .children()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect();
    let mut attributes: Vec<_> = element
        .attributes()
        .filter(|attribute| attribute.namespace() != Some(XSI))
        .map(|attribute| (attribute.name(), attribute.value()))
        .collect();
    // Where two have the same local name, the last one stays.
    attributes.sort_by_key(|(name, _)| *name);
    let mut tree = Map::new();
    tree.insert("name".into(), element.tag_name().name().into());
    if let Some(name) = element.attribute((XSI, "type")) {
        let name = name.trim();
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        tree.insert("type".into(), local.into());
    }
    let attributes: Map<_, _> = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    tree.insert("attributes".into(), attributes.into());
    tree.insert("text".into(), text.trim().into());
    let children = element.children().filter(Node::is_element).map(expected);
    tree.insert("children".into(), children.collect());
    tree.into()
}

fn compare(document: &str) {
    // roxmltree keeps a lone carriage return before an entity; XML makes a line feed of it.
    // It also takes any prefix before `xmlns` for a default namespace.
    if document.replace("\r\n", "").contains('\r') || document.contains(":xmlns") {
        return;
    }
    // What roxmltree lets pass: a second default namespace, a name that begins with a colon.
    let is_lax = |error: &str| {
        error.contains("declared twice")
            || ["<:", "</:", "<?:", " :", "\n:"]
                .iter()
                .any(|part| document.contains(part))
    };
    let ours = match soap_tree(document.as_bytes()) {
        Ok(tree) => Some(serde_json::from_str::<Value>(&tree).unwrap()),
        Err(error) if is_lax(&error.to_string()) => return,
        Err(_) => None,
    };
    // The core takes white space around a document away.
    let theirs = Document::parse(document.trim())
        .ok()
        .map(|document| expected(document.root_element()));
    assert_eq!(ours, theirs, "{document}");
}

fn text() -> impl Strategy<Value = String> {
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
        ]),
        0..5,
    )
    .prop_map(|pieces| pieces.concat())
}

fn attribute() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "b",
        "p:a",
        "q:a",
        "xsi:type",
        "xml:lang",
        "xmlns",
        "xmlns:p",
        "xmlns:q",
        "xmlns:xsi",
        "xmlns:xml",
    ]);
    let value = prop_oneof![
        text(),
        prop::sample::select(vec![
            XSI,
            "urn:x",
            "v:CustomizationFailed",
            "http://www.w3.org/XML/1998/namespace",
            "http://www.w3.org/2000/xmlns/",
        ])
        .prop_map(ToOwned::to_owned),
    ];
    let spaces = prop::sample::select(vec!["", " ", "\n"]);
    (name, value, spaces, any::<bool>()).prop_map(|(name, value, space, single)| {
        let quote = if single { '\'' } else { '"' };
        format!(" {name}{space}={space}{quote}{value}{quote}")
    })
}

fn element() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => text(),
        1 => prop::sample::select(vec![
            "<!-- c -->", "<!---->", "<?target data?>", "<?t?>", "<![CDATA[<&]]>", "<![CDATA[\r\n]]>", "<a/>",
        ])
        .prop_map(ToOwned::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(vec!["a", "p:a", "q:b", "_c", "d-1.x"]);
        let attributes = prop::collection::vec(attribute(), 0..3);
        let children = prop::collection::vec(inner, 0..4);
        (name, attributes, children).prop_map(|(name, attributes, children)| {
            format!("<{name}{}>{}</{name}>", attributes.concat(), children.concat())
        })
    })
}

fn document() -> impl Strategy<Value = String> {
    let prolog = prop::sample::select(vec![
        "",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<!-- c -->",
    ]);
    let root = format!("<e xmlns='urn:e' xmlns:p='urn:p' xmlns:q='urn:p' xmlns:xsi='{XSI}'>");
    (prolog, prop::collection::vec(element(), 0..4))
        .prop_map(move |(prolog, children)| format!("{prolog}{root}{}</e>", children.concat()))
}

/// A document with something in it that does not belong there, or with a part of it gone.
fn damaged() -> impl Strategy<Value = String> {
    let strays = vec![
        "",
        "<",
        ">",
        "&",
        ";",
        "'",
        "\"",
        "/",
        "=",
        "<a>",
        "</e>",
        "<!",
        "<!DOCTYPE e>",
        "<?",
        "?>",
        "--",
        "-->",
        "<!--",
        "<![CDATA[",
        "]]>",
        "&nbsp;",
        "&#0;",
        "&#x110000;",
        "&#xD800;",
        "&#+65;",
        "&#;",
        "\u{1}",
        "\u{ffff}",
        ":",
        "x",
        "1",
        " ",
        "<x:a/>",
        "<a b=c/>",
        "<a b/>",
        "<a b='1' b='2'/>",
        "<a p:b='1' q:b='2'/>",
        "<a b='<'/>",
        "<?xml version='1.0'?>",
        "<1/>",
        "<a:/>",
        "<:a/>",
        "<p:q:a/>",
        "< a/>",
        "<a / >",
        "</ a>",
    ];
    damage::damaged(document(), strays)
}

proptest! {
    #![proptest_config(damage::config())]

    #[test]
    fn what_is_well_formed_is_read_alike(document in document()) {
        compare(&document);
    }

    #[test]
    fn what_is_damaged_is_refused_alike(document in damaged()) {
        compare(&document);
    }
}

#[test]
fn a_tag_and_a_scope_have_limits() {
    let repeated = |part: fn(usize) -> String| (0..257).map(part).collect::<Vec<_>>().concat();
    let attributes = repeated(|n| format!(" a{n}=''"));
    let namespaces = repeated(|n| format!("<a xmlns:p{n}='urn:{n}'>"));
    for (document, what) in [
        (format!("<a{attributes}/>"), "attributes"),
        (namespaces, "namespaces"),
    ] {
        let error = soap_tree(document.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "wireTooLarge");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn an_error_names_its_place() {
    let error = soap_tree(b"<a>\n <b>\n &nbsp;</b></a>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document is neither JSON nor SOAP: an unknown entity at 2:5"
    );
    assert_eq!(
        soap_tree(b"<a/>").unwrap(),
        json!({"name":"a","attributes":{},"text":"","children":[]}).to_string()
    );
}

#[test]
fn a_tree_of_some_levels_leaves_out_what_is_deeper_and_is_refused_like_the_whole() {
    let document = "<a><b><c><d>1</d></c></b><e>2</e></a>";
    for levels in 0..5 {
        let mut whole: Value = serde_json::from_str(&soap_tree(document.as_bytes()).unwrap()).unwrap();
        cut(&mut whole, levels);
        let tree: Value = serde_json::from_str(&soap_tree_to(document.as_bytes(), levels).unwrap()).unwrap();
        assert_eq!(tree, whole, "{levels}");
    }
    assert!(soap_tree_to(b"<a><b><c></b></a>", 1).is_err());
}

/// Takes out the elements that lie more than `levels` below the root.
fn cut(tree: &mut Value, levels: usize) {
    let children = tree["children"].as_array_mut().unwrap();
    if levels == 0 {
        children.clear();
    }
    for child in children {
        cut(child, levels - 1);
    }
}
