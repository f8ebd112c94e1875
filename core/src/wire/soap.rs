//! SOAP documents: the events in them, and small answers as a tree.
//!
//! The type of an element stands in an attribute of the schema-instance namespace under any
//! prefix: vCenter writes `xsi:type`, the simulator `XMLSchema-instance:type`.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use roxmltree::{Document, Node, ParsingOptions};
use serde::Serialize;

use super::{shown, RawEvent, RawKey, Sink, WireError};
use crate::event::FailureDetails;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The most nodes of one document: a page of a thousand events has about 40,000.
const MAX_NODES: u32 = 4_000_000;

/// The longest tag in bytes. The parser compares each attribute of a tag with all others.
const MAX_TAG_BYTES: usize = 64 * 1024;

/// The deepest nesting that is followed: an event of an update lies 9 elements deep.
const MAX_DEPTH: usize = 64;

/// Walks a SOAP document and gives its events to the sink.
pub(super) fn walk(text: &str, sink: &mut dyn Sink) -> Result<(), WireError> {
    let document = parse(text)?;
    let root = document.root_element();
    let body = match root.tag_name().name() {
        "Envelope" => child(root, "Body").unwrap_or(root),
        other => {
            return Err(WireError::NotEvents(format!(
                "its root element is `{}`, not a SOAP `Envelope`",
                shown(other)
            )));
        }
    };
    for element in elements(body) {
        if element.tag_name().name() == "Fault" {
            return Err(fault(element));
        }
        walk_element(element, sink, 0)?;
    }
    Ok(())
}

/// A fault by the type of its detail: the text is often empty, and it is translated.
fn fault(element: Node<'_, '_>) -> WireError {
    let detail = child(element, "detail").and_then(|detail| elements(detail).next());
    let name = detail.map(|detail| {
        xsi_type(detail).map_or_else(
            || {
                let name = detail.tag_name().name();
                name.strip_suffix("Fault").unwrap_or(name).to_owned()
            },
            ToOwned::to_owned,
        )
    });
    WireError::Fault {
        fault: name
            .or_else(|| text_of(element, "faultcode"))
            .map_or_else(|| "unknown".into(), shown),
        message: text_of(element, "faultstring").map(shown).unwrap_or_default(),
    }
}

fn walk_element(element: Node<'_, '_>, sink: &mut dyn Sink, depth: usize) -> Result<(), WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooLarge(format!(
            "elements are nested more than {MAX_DEPTH} deep"
        )));
    }
    let name = element.tag_name().name();
    let is_page = name.ends_with("EventsResponse");
    for inner in elements(element) {
        match inner.tag_name().name() {
            "returnval" if is_page => sink.event(raw_event(inner)),
            "Event" => sink.event(raw_event(inner)),
            // One event of a partial update; the value of another property has no key.
            "val" if child(inner, "key").is_some() && child(inner, "createdTime").is_some() => {
                sink.event(raw_event(inner));
            }
            "returnval" | "filterSet" | "objectSet" | "changeSet" | "objects" | "propSet" | "val" => {
                walk_element(inner, sink, depth + 1)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn raw_event(element: Node<'_, '_>) -> RawEvent {
    let mut event = RawEvent {
        type_name: xsi_type(element).map(ToOwned::to_owned),
        ..RawEvent::default()
    };
    let mut details = FailureDetails::default();
    for field in elements(element) {
        let text = || Some(text(field));
        match field.tag_name().name() {
            "key" => event.key = key(&self::text(field)),
            "createdTime" => event.created_time = text(),
            "vm" => {
                event.vm_name = text_of(field, "name");
                event.vm = child(field, "vm").and_then(reference);
            }
            "fullFormattedMessage" => details.message = text(),
            "reason" if elements(field).next().is_none() => details.reason = text(),
            "logLocation" => details.log_location = text(),
            "sysprepVersion" => details.sysprep_version = text(),
            "systemVersion" => details.system_version = text(),
            _ => {}
        }
    }
    event.details = details;
    event
}

/// The value of a reference to a VM.
fn reference(element: Node<'_, '_>) -> Option<String> {
    let is_vm = element
        .attribute("type")
        .is_none_or(|type_name| type_name == "VirtualMachine");
    is_vm.then(|| text(element))
}

fn key(text: &str) -> RawKey {
    match text.parse() {
        Ok(key) => RawKey::Int32(key),
        Err(_) => RawKey::Other(shown(text)),
    }
}

/// One element of a small answer.
#[derive(Debug, Serialize)]
struct Tree<'a> {
    name: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_name: Option<&'a str>,
    attributes: BTreeMap<&'a str, &'a str>,
    text: String,
    children: Vec<Tree<'a>>,
}

/// A SOAP answer as a JSON tree of `name`, `type` (the local name in `xsi:type`), `attributes`,
/// `text` and `children`, by local names. The host reads small answers with it: log-in, look-up
/// and faults. Pages of events go to [`decode`](super::decode) as they are.
///
/// # Errors
///
/// When the document is too large or no well-formed XML.
pub fn soap_tree(document: &[u8]) -> Result<String, WireError> {
    let text = super::text_of(document)?;
    let document = parse(super::trimmed(&text))?;
    let tree = tree(document.root_element(), 0)?;
    Ok(serde_json::to_string(&tree).unwrap_or_default())
}

fn tree<'a>(element: Node<'a, '_>, depth: usize) -> Result<Tree<'a>, WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooLarge(format!(
            "elements are nested more than {MAX_DEPTH} deep"
        )));
    }
    // Collected one by one: a map made from an iterator sorts first, with code of its own.
    let mut attributes = BTreeMap::new();
    for attribute in element.attributes() {
        if attribute.namespace() != Some(XSI) {
            attributes.insert(attribute.name(), attribute.value());
        }
    }
    Ok(Tree {
        name: element.tag_name().name(),
        type_name: xsi_type(element),
        attributes,
        text: text(element),
        children: elements(element)
            .map(|inner| tree(inner, depth + 1))
            .collect::<Result<_, _>>()?,
    })
}

fn parse(text: &str) -> Result<Document<'_>, WireError> {
    if has_long_tag(text) {
        return Err(WireError::TooLarge(format!(
            "a tag is longer than {MAX_TAG_BYTES} bytes"
        )));
    }
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        if matches!(error, roxmltree::Error::NodesLimitReached) {
            WireError::TooLarge(format!(
                "it has more than {MAX_NODES} nodes: ask for smaller pages"
            ))
        } else {
            WireError::Syntax(error.to_string())
        }
    })
}

fn has_long_tag(text: &str) -> bool {
    text.split('<')
        .skip(1)
        .filter(|tag| tag.len() > MAX_TAG_BYTES && !tag.starts_with('!'))
        .any(|tag| tag.find('>').is_none_or(|end| end > MAX_TAG_BYTES))
}

fn elements<'a, 'input>(
    element: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    element.children().filter(Node::is_element)
}

fn child<'a, 'input>(element: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    elements(element).find(|inner| inner.tag_name().name() == name)
}

/// The local part of the element's `xsi:type`.
fn xsi_type<'a>(element: Node<'a, '_>) -> Option<&'a str> {
    let name = element.attribute((XSI, "type"))?.trim();
    Some(name.rsplit_once(':').map_or(name, |(_, local)| local))
}

/// The text of an element without that of the elements in it.
fn text(element: Node<'_, '_>) -> String {
    element
        .children()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect::<String>()
        .trim()
        .to_owned()
}

fn text_of(element: Node<'_, '_>, name: &str) -> Option<String> {
    child(element, name).map(text)
}
