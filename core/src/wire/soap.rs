//! SOAP documents: the events in them, and small answers as a tree.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::elements::{Begin, Elements, End, Step};
use super::{shown, Page, RawEvent, RawKey, WireError};
use crate::model::json::to_json;

/// What an element stands for, by its name and the element that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Envelope,
    Body,
    Fault(Part),
    /// `QueryEventsResponse` and its like: its `returnval` are events.
    Page,
    /// The answer to a long poll, which may hold no event.
    Updates,
    /// What leads from an answer down to the value of a property.
    Container,
    /// An event, or the value of a property, which is one where it has a key and a time.
    Item {
        is_value: bool,
    },
    Field(Field),
    Other,
}

/// A part of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Code,
    Text,
    Detail,
}

/// A field of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Key,
    CreatedTime,
    VmArgument,
    VmName,
    Vm,
    Reason,
    LogLocation,
    SysprepVersion,
    SystemVersion,
    Message,
}

impl Role {
    fn of(name: &str, parent: Option<Self>) -> Self {
        match parent {
            None => Self::Envelope,
            Some(Self::Envelope) if name == "Body" => Self::Body,
            Some(Self::Body) => match name {
                "Fault" => Self::Fault(Part::Whole),
                _ if name.ends_with("EventsResponse") => Self::Page,
                "WaitForUpdatesExResponse" | "WaitForUpdatesResponse" | "CheckForUpdatesResponse" => {
                    Self::Updates
                }
                _ => Self::Container,
            },
            Some(Self::Page) if name == "returnval" => Self::Item { is_value: false },
            Some(Self::Page | Self::Updates | Self::Container) => Self::in_container(name),
            Some(Self::Item { is_value }) => match (Field::of(name), is_value) {
                (Some(field), _) => Self::Field(field),
                (None, true) => Self::in_container(name),
                (None, false) => Self::Other,
            },
            Some(Self::Field(Field::VmArgument)) => match name {
                "name" => Self::Field(Field::VmName),
                "vm" => Self::Field(Field::Vm),
                _ => Self::Other,
            },
            Some(Self::Fault(Part::Whole)) => match name {
                "faultcode" => Self::Fault(Part::Code),
                "faultstring" => Self::Fault(Part::Text),
                "detail" => Self::Fault(Part::Detail),
                _ => Self::Other,
            },
            Some(Self::Envelope | Self::Fault(_) | Self::Field(_) | Self::Other) => Self::Other,
        }
    }

    fn of_element(begin: &Begin<'_>, parent: Option<Self>) -> Self {
        let role = Self::of(begin.name, parent);
        let is_no_vm = || {
            begin
                .attribute("type")
                .is_some_and(|name| name != "VirtualMachine")
        };
        if role == Self::Field(Field::Vm) && is_no_vm() {
            return Self::Other;
        }
        role
    }

    fn in_container(name: &str) -> Self {
        match name {
            "Event" => Self::Item { is_value: false },
            "val" => Self::Item { is_value: true },
            "returnval" | "filterSet" | "objectSet" | "changeSet" | "objects" | "propSet" => Self::Container,
            _ => Self::Other,
        }
    }
}

impl Field {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "key" => Self::Key,
            "createdTime" => Self::CreatedTime,
            "vm" => Self::VmArgument,
            "reason" => Self::Reason,
            "logLocation" => Self::LogLocation,
            "sysprepVersion" => Self::SysprepVersion,
            "systemVersion" => Self::SystemVersion,
            "fullFormattedMessage" => Self::Message,
            _ => return None,
        })
    }
}

/// Walks a SOAP document and gives its events to the page.
pub(super) fn walk(text: &str, page: &mut Page<'_>) -> Result<(), WireError> {
    let mut elements = Elements::of(text);
    // Of the elements that are open.
    let mut roles: Vec<Role> = Vec::new();
    let mut event = RawEvent::default();
    let mut fault = Fault::default();
    while let Some(step) = elements.next()? {
        match step {
            Step::Begin(begin) => {
                let parent = roles.last().copied();
                let mut role = Role::of_element(&begin, parent);
                if role == Role::Envelope && begin.name != "Envelope" {
                    return Err(WireError::NotEvents(format!(
                        "its root element is `{}`, not a SOAP `Envelope`",
                        shown(begin.name)
                    )));
                }
                let is_answer = role == Role::Page || role == Role::Updates;
                let is_value = role == Role::Item { is_value: true };
                page.is_list |= is_answer || is_value && begin.xsi_type.as_deref() == Some("ArrayOfEvent");
                if let Some(excess) = begin.excess {
                    roles.push(role);
                    let is_item = |role: &Role| matches!(role, Role::Item { is_value: false });
                    let Some(item) = roles.iter().position(is_item) else {
                        return Err(WireError::TooLarge(excess.into()));
                    };
                    page.not_an_event(format_args!("{excess}"));
                    elements.leave(item)?;
                    roles.truncate(item);
                    continue;
                }
                if let Role::Item { is_value } = role {
                    let type_name = begin.xsi_type.as_deref().unwrap_or_default();
                    if !is_value && !type_name.is_empty() && page.passes_over(type_name) {
                        role = Role::Other;
                    }
                    event = RawEvent {
                        type_name: begin.xsi_type,
                        ..RawEvent::default()
                    };
                } else if parent == Some(Role::Fault(Part::Detail)) {
                    fault.see_detail(begin);
                }
                if role == Role::Other {
                    elements.skip_to_end();
                }
                roles.push(role);
            }
            Step::End(end) => match roles.pop() {
                Some(Role::Item { is_value }) => {
                    let event = core::mem::take(&mut event);
                    let is_event = event.created_time.is_some() && !event.key.is_missing();
                    if is_event || !is_value {
                        page.event(event);
                    }
                }
                Some(Role::Field(field)) => event.set(field, end),
                Some(Role::Fault(Part::Whole)) => return Err(fault.into_error()),
                Some(Role::Fault(Part::Code)) => {
                    fault.code.get_or_insert(end.text);
                }
                Some(Role::Fault(Part::Text)) => {
                    fault.text.get_or_insert(end.text);
                }
                Some(
                    Role::Envelope
                    | Role::Body
                    | Role::Fault(Part::Detail)
                    | Role::Page
                    | Role::Updates
                    | Role::Container
                    | Role::Other,
                )
                | None => {}
            },
        }
    }
    Ok(())
}

impl<'a> RawEvent<'a> {
    /// Takes a field; of one that is there twice the first.
    fn set(&mut self, field: Field, end: End<'a>) {
        let slot = match field {
            Field::Key => {
                if self.key.is_missing() {
                    self.key = RawKey::of(end.text);
                }
                return;
            }
            // In other events it is a fault.
            Field::Reason if end.has_children => return,
            Field::VmArgument => return,
            Field::CreatedTime => &mut self.created_time,
            Field::VmName => &mut self.vm_name,
            Field::Vm => &mut self.vm,
            Field::Reason => &mut self.details.reason,
            Field::LogLocation => &mut self.details.log_location,
            Field::SysprepVersion => &mut self.details.sysprep_version,
            Field::SystemVersion => &mut self.details.system_version,
            Field::Message => &mut self.details.message,
        };
        slot.get_or_insert(end.text);
    }
}

/// The event that an XML document by itself is: its class is the name of the root, where the root has no type.
pub(super) fn lone_event(text: &str) -> Result<RawEvent<'_>, WireError> {
    let mut elements = Elements::of(text);
    let mut roles: Vec<Role> = Vec::new();
    let mut event = RawEvent::default();
    while let Some(step) = elements.next()? {
        match step {
            Step::Begin(begin) => {
                if let Some(excess) = begin.excess {
                    return Err(WireError::TooLarge(excess.into()));
                }
                let role = match roles.last() {
                    None => {
                        event.type_name = Some(begin.xsi_type.unwrap_or(Cow::Borrowed(begin.name)));
                        Role::Item { is_value: false }
                    }
                    parent => Role::of_element(&begin, parent.copied()),
                };
                roles.push(role);
            }
            Step::End(end) => {
                if let Some(Role::Field(field)) = roles.pop() {
                    event.set(field, end);
                }
            }
        }
    }
    Ok(event)
}

/// A fault, known by the type of its detail: the text is often empty, and it is translated.
#[derive(Default)]
struct Fault<'a> {
    detail: Option<Cow<'a, str>>,
    code: Option<Cow<'a, str>>,
    text: Option<Cow<'a, str>>,
}

impl<'a> Fault<'a> {
    fn see_detail(&mut self, begin: Begin<'a>) {
        let by_name = begin.name.strip_suffix("Fault").unwrap_or(begin.name);
        self.detail
            .get_or_insert(begin.xsi_type.unwrap_or(Cow::Borrowed(by_name)));
    }

    fn into_error(self) -> WireError {
        let fault = self.detail.or(self.code).filter(|fault| !fault.is_empty());
        WireError::Fault {
            fault: fault.map_or_else(|| "unknown".to_owned(), shown),
            message: self.text.map(shown).unwrap_or_default(),
        }
    }
}

/// A SOAP answer as a JSON tree of `name`, `type` (the local name in `xsi:type`), `attributes`,
/// `children` and `text`, by local names; what is empty is left out. The host reads small answers with it:
/// log-in, look-up and faults. Pages of events go to [`decode`](super::decode) as they are.
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
    let mut elements = Elements::of(super::trimmed(&text));
    let mut tree = Tree::default();
    let mut depth = 0;
    while let Some(step) = elements.next()? {
        match step {
            Step::Begin(begin) => {
                if let Some(excess) = begin.excess {
                    return Err(WireError::TooLarge(excess.into()));
                }
                if depth <= levels {
                    tree.begin(&begin);
                } else {
                    elements.skip_to_end();
                }
                depth += 1;
            }
            Step::End(end) => {
                depth -= 1;
                if depth <= levels {
                    tree.end(&end, depth < levels);
                }
            }
        }
    }
    Ok(tree.json)
}

/// The text of a tree: nothing of it is held but that.
#[derive(Default)]
struct Tree {
    json: String,
    /// Whether an element began last: the next one to begin is its first child.
    is_in_new: bool,
}

impl Tree {
    fn begin(&mut self, begin: &Begin<'_>) {
        if self.is_in_new {
            self.json.push_str(",\"children\":[");
        } else if !self.json.is_empty() {
            self.json.push(',');
        }
        self.is_in_new = true;
        self.push("{\"name\":", begin.name);
        if let Some(type_name) = &begin.xsi_type {
            self.push(",\"type\":", type_name);
        }
        let mut before = ",\"attributes\":{";
        for (place, attribute) in begin.attributes.iter().enumerate() {
            // Of two with the same local name the last one stays.
            let mut later = begin.attributes.iter().skip(place + 1);
            if !later.any(|later| later.name == attribute.name) {
                self.push(before, attribute.name);
                self.push(":", &attribute.value);
                before = ",";
            }
        }
        if !begin.attributes.is_empty() {
            self.json.push('}');
        }
    }

    fn end(&mut self, end: &End<'_>, has_room: bool) {
        self.is_in_new = false;
        if end.has_children && has_room {
            self.json.push(']');
        }
        if !end.text.is_empty() {
            self.push(",\"text\":", &end.text);
        }
        self.json.push('}');
    }

    fn push(&mut self, before: &str, text: &str) {
        self.json.push_str(before);
        self.json.push_str(&to_json(&text));
    }
}
