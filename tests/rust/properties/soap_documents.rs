//! The decoder of SOAP beside models of it, which walk the tree that roxmltree makes of the whole document and keep the
//! rules in plain sight. Both have to find the same in any document that is well-formed.

use roxmltree::{Document, Node};
use serde_json::{json, Map, Value};
use vm_customization::wire::{soap_tree, soap_tree_to, to_vi_json, WireError};
use vm_customization::ServerTime;

use super::wire::{check_forms, names_a_place, recorded_time, shown};

/// What `xsi` stands for.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

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
        "key": key.map(|key| key.parse::<i32>().map_or_else(|_| json!(shown(&key)), |key| json!(key))),
        "createdTime": field("createdTime").map(|time| recorded_time(&time)),
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

/// Compares the items and the tree of a document with those of the models, where roxmltree reads it.
pub fn compare(document: &str) {
    check_forms(document);
    let Some(read) = read(document) else {
        return;
    };
    let root = read.root_element();
    compare_trees(document, root);
    let ours = to_vi_json(document.as_bytes()).map(|json| serde_json::from_str::<Vec<Value>>(&json).unwrap());
    let is_envelope = root.tag_name().name() == "Envelope";
    match (ours, items(root)) {
        (Err(WireError::NotEvents(_)), _) => assert!(!is_envelope, "{document}"),
        (Ok(ours), Ok(expected)) => assert_eq!(ours, expected, "{document}"),
        (Err(WireError::Fault { fault, .. }), Err(Refusal::Fault(expected))) => {
            assert_eq!(fault, shown(&expected), "{document}");
        }
        (Err(WireError::NoObservation(_)), Err(Refusal::NoObservation)) => {}
        (ours, expected) => panic!("{document}\n  ours  {ours:?}\n  model {expected:?}"),
    }
}

/// Reads any bytes as a tree, and compares it with that of roxmltree.
pub fn check_tree(document: &[u8]) {
    let text = String::from_utf8_lossy(document);
    let tree = soap_tree(document);
    assert_eq!(tree, soap_tree(text.as_bytes()), "{text}");
    match tree {
        Ok(_) => {}
        Err(WireError::Syntax(why)) => assert!(names_a_place(&why), "{why}: {text}"),
        Err(WireError::TooLarge(_)) => return,
        Err(other) => panic!("{other}: {text}"),
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if let Some(read) = read(text) {
        compare_trees(text, read.root_element());
    }
}

/// The document as roxmltree reads it, where it and the core have to agree. It is stricter with namespaces, and the core
/// does not look into what it has no use for.
fn read(document: &str) -> Option<Document<'_>> {
    // roxmltree keeps a lone carriage return before an entity; XML makes a line feed of it. It takes names that begin with
    // a colon, too.
    if document.replace("\r\n", "").contains('\r') || document.contains("<:") || document.contains("</:") {
        return None;
    }
    // It reads an odd XML declaration, too, and the core has limits.
    let is_other =
        |error: WireError| error.code() == "wireTooLarge" || error.to_string().contains("XML declaration");
    if soap_tree(document.as_bytes()).is_err_and(is_other) {
        return None;
    }
    // The core takes white space around a document away.
    Document::parse(document.trim()).ok()
}

fn compare_trees(document: &str, root: Node<'_, '_>) {
    for levels in [0, 2, usize::MAX] {
        let ours = soap_tree_to(document.as_bytes(), levels).unwrap();
        let ours: Value = serde_json::from_str(&ours).unwrap();
        assert_eq!(ours, tree(root, levels), "{levels} levels of {document}");
    }
}
