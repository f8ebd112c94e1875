//! SOAP documents: the events in them, and small answers as a tree.
//!
//! The type of an element stands in an attribute of the schema-instance namespace under any
//! prefix: vCenter writes `xsi:type`, the simulator `XMLSchema-instance:type`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::xml::{self, Document, Node, XmlError};
use super::{shown, RawEvent, RawKey, Sink, WireError};
use crate::model::event::FailureDetails;
use crate::view::{to_json, Member, Members, View, Write};

/// The longest tag in bytes: each attribute of a tag is compared with all others.
const MAX_TAG_BYTES: usize = 64 * 1024;

/// The deepest nesting that is followed: an event of an update lies 9 elements deep.
const MAX_DEPTH: usize = 64;

/// Walks a SOAP document and gives its events to the sink.
pub(super) fn walk(text: &str, sink: &mut dyn Sink) -> Result<(), WireError> {
    let document = parse(text)?;
    let root = root(&document)?;
    let body = match root.name() {
        "Envelope" => root.child("Body").unwrap_or(root),
        other => {
            return Err(WireError::NotEvents(format!(
                "its root element is `{}`, not a SOAP `Envelope`",
                shown(other)
            )));
        }
    };
    for element in body.children() {
        if element.name() == "Fault" {
            return Err(fault(element));
        }
        walk_element(element, sink, 0)?;
    }
    Ok(())
}

/// A fault by the type of its detail: the text is often empty, and it is translated.
fn fault(element: Node<'_>) -> WireError {
    let detail = element
        .child("detail")
        .and_then(|detail| detail.children().next());
    let name = detail.map(|detail| {
        detail.xsi_type().map_or_else(
            || {
                let name = detail.name();
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

fn walk_element(element: Node<'_>, sink: &mut dyn Sink, depth: usize) -> Result<(), WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooLarge(format!(
            "elements are nested more than {MAX_DEPTH} deep"
        )));
    }
    let name = element.name();
    let is_page = name.ends_with("EventsResponse");
    for inner in element.children() {
        match inner.name() {
            "returnval" if is_page => sink.event(raw_event(inner)),
            "Event" => sink.event(raw_event(inner)),
            // One event of a partial update; the value of another property has no key.
            "val" if inner.child("key").is_some() && inner.child("createdTime").is_some() => {
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

fn raw_event(element: Node<'_>) -> RawEvent {
    let mut event = RawEvent {
        type_name: element.xsi_type().map(ToOwned::to_owned),
        ..RawEvent::default()
    };
    let mut details = FailureDetails::default();
    for field in element.children() {
        let text = || Some(field.text().to_owned());
        match field.name() {
            "key" => event.key = key(field.text()),
            "createdTime" => event.created_time = text(),
            "vm" => {
                event.vm_name = text_of(field, "name");
                event.vm = field.child("vm").and_then(reference);
            }
            "fullFormattedMessage" => details.message = text(),
            "reason" if field.children().next().is_none() => details.reason = text(),
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
fn reference(element: Node<'_>) -> Option<String> {
    let is_vm = element
        .attribute("type")
        .is_none_or(|type_name| type_name == "VirtualMachine");
    is_vm.then(|| element.text().to_owned())
}

fn key(text: &str) -> RawKey {
    match text.parse() {
        Ok(key) => RawKey::Int32(key),
        Err(_) => RawKey::Other(shown(text)),
    }
}

/// One element of a small answer.
struct Tree<'a> {
    name: &'a str,
    type_name: Option<&'a str>,
    attributes: Attributes<'a>,
    text: &'a str,
    children: Vec<Tree<'a>>,
}

/// Names and values.
struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl Write for Tree<'_> {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for Tree<'_> {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let (name, value) = match number {
            0 => ("name", self.name.view()),
            1 => ("type", self.type_name.view()),
            2 => ("attributes", View::Object(&self.attributes)),
            3 => ("text", self.text.view()),
            4 => ("children", self.children.view()),
            _ => return None,
        };
        Some(Member {
            name,
            value,
            if_present: number == 1,
        })
    }
}

impl Members for Attributes<'_> {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        self.0.get(number).map(|(name, value)| Member {
            name,
            value: View::Text(value),
            if_present: false,
        })
    }
}

/// A SOAP answer as a JSON tree of `name`, `type` (the local name in `xsi:type`), `attributes`,
/// `text` and `children`, by local names. The host reads small answers with it: log-in, look-up
/// and faults. Pages of events go to [`decode`](super::decode) as they are.
///
/// # Errors
///
/// When the document is too large or no well-formed XML.
pub fn soap_tree(document: &[u8]) -> Result<String, WireError> {
    soap_tree_to(document, usize::MAX)
}

/// The same without the elements that lie more than `levels` below the root: what an answer is,
/// without the events in it.
///
/// # Errors
///
/// When the document is too large or no well-formed XML.
pub fn soap_tree_to(document: &[u8], levels: usize) -> Result<String, WireError> {
    let text = super::text_of(document)?;
    let document = parse(super::trimmed(&text))?;
    let tree = tree(root(&document)?, 0, levels)?;
    Ok(to_json(&tree.view()))
}

fn tree(element: Node<'_>, depth: usize, levels: usize) -> Result<Tree<'_>, WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooLarge(format!(
            "elements are nested more than {MAX_DEPTH} deep"
        )));
    }
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    for (name, value) in element.attributes() {
        // Of two with the same local name the last one stays.
        attributes.retain(|(known, _)| *known != name);
        let place = attributes.partition_point(|(known, _)| *known < name);
        attributes.insert(place, (name, value));
    }
    Ok(Tree {
        name: element.name(),
        type_name: element.xsi_type(),
        attributes: Attributes(attributes),
        text: element.text(),
        children: element
            .children()
            .take_while(|_| depth < levels)
            .map(|inner| tree(inner, depth + 1, levels))
            .collect::<Result<_, _>>()?,
    })
}

fn parse(text: &str) -> Result<Document<'_>, WireError> {
    if has_long_tag(text) {
        return Err(WireError::TooLarge(format!(
            "a tag is longer than {MAX_TAG_BYTES} bytes"
        )));
    }
    xml::parse(text).map_err(|error| match error {
        XmlError::TooLarge(why) => WireError::TooLarge(why),
        XmlError::Malformed(why) => WireError::Syntax(why),
    })
}

fn root<'a>(document: &'a Document<'a>) -> Result<Node<'a>, WireError> {
    document
        .root()
        .ok_or_else(|| WireError::Syntax("it has no root element".to_owned()))
}

fn has_long_tag(text: &str) -> bool {
    text.split('<')
        .skip(1)
        .filter(|tag| tag.len() > MAX_TAG_BYTES && !tag.starts_with('!'))
        .any(|tag| tag.find('>').is_none_or(|end| end > MAX_TAG_BYTES))
}

fn text_of(element: Node<'_>, name: &str) -> Option<String> {
    element.child(name).map(|child| child.text().to_owned())
}
