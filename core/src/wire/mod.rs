//! Events as they are on the wire: SOAP, VI JSON, `govc events -json` and `CloudEvents`.
//!
//! Documents are walked item by item and only what is of use is kept. An item that cannot be used
//! is skipped and counted; a document that is none is an error and changes nothing.

mod json;
mod soap;
mod summary;
mod xml;

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::model::event::{bare_type_name, Event, EventKind, FailureDetails};
pub use crate::model::protocol::BadItem;
use crate::model::report::{IgnoreReason, IgnoredCounts};
use crate::model::text::{cut, label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;
use crate::view::{to_json, written, View, Write};

pub(crate) use json::is_one_document;
pub use soap::{soap_tree, soap_tree_to};
pub(crate) use summary::{decode_and_summarize, Summarized};
pub use summary::{summarize, summarize_to_json, EventSummary};

/// The largest document that is read, in bytes: 64 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// The most bad items that are described; the others are only counted.
const MAX_BAD_ITEMS: usize = 100;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// It is larger than [`MAX_DOCUMENT_BYTES`], or nested or split beyond reason.
    TooLarge(String),
    /// It is neither JSON nor XML, or breaks off.
    Syntax(String),
    /// It is JSON or XML, but no document of events.
    NotEvents(String),
    /// It is a fault of vCenter: the type, and the text where there is one.
    Fault {
        /// The type of the fault, such as `NotAuthenticated`.
        fault: String,
        /// What vCenter says of it; often empty.
        message: String,
    },
}

impl WireError {
    /// A stable name of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "wireTooLarge",
            Self::Syntax(_) => "wireSyntax",
            Self::NotEvents(_) => "wireNotEvents",
            Self::Fault { .. } => "wireFault",
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(why) => write!(f, "the document is too large: {why}"),
            Self::Syntax(why) => write!(f, "the document is neither JSON nor SOAP: {why}"),
            Self::NotEvents(why) => write!(f, "the document holds no events: {why}"),
            Self::Fault { fault, message } if message.is_empty() => {
                write!(f, "the document is the fault `{fault}`")
            }
            Self::Fault { fault, message } => {
                write!(f, "the document is the fault `{fault}`: {message}")
            }
        }
    }
}

impl core::error::Error for WireError {}

/// The events of a document, and what was passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The events that matter, in the order of the document.
    pub events: Vec<Event>,
    /// Items passed over, by reason.
    pub ignored: IgnoredCounts,
    /// Items that should be events and cannot be used: the first 100.
    pub bad: Vec<BadItem>,
}

/// Decodes a document of events in any of the accepted forms; an empty one has none.
///
/// ```
/// let page = br#"<Envelope xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Body>
///   <QueryEventsResponse><returnval i:type="CustomizationSucceeded"><key>9</key>
///     <createdTime>2026-03-01T10:02:00Z</createdTime>
///     <vm><name>web-1</name><vm type="VirtualMachine">vm-101</vm></vm>
///   </returnval></QueryEventsResponse></Body></Envelope>"#;
/// let decoded = vm_customization::wire::decode(page)?;
/// assert_eq!(decoded.events[0].vm(), "vm-101");
/// # Ok::<(), vm_customization::wire::WireError>(())
/// ```
///
/// # Errors
///
/// When the document is too large, cannot be parsed, is a fault, or is no document of events.
pub fn decode(document: &[u8]) -> Result<Decoded, WireError> {
    let mut decoder = Decoder::default();
    walk(document, &mut decoder)?;
    Ok(decoder.decoded)
}

/// The items of a document as a VI JSON array of events: what a recording holds.
///
/// Decoding the array gives the same events as the document, and the same counts of what is
/// passed over.
///
/// # Errors
///
/// As [`decode`].
pub fn to_vi_json(document: &[u8]) -> Result<String, WireError> {
    let mut rewriter = Rewriter::default();
    walk(document, &mut rewriter)?;
    Ok(to_json(&rewriter.items.view()))
}

/// The keys of all items of a document as a JSON array, in its order, whatever their types; `null`
/// for an item without a usable one. A host tells by them whether a page is full, and one that
/// follows the newest events, whether it has missed some.
///
/// # Errors
///
/// As [`decode`].
pub fn event_keys(document: &[u8]) -> Result<String, WireError> {
    let mut keys = Keys::default();
    walk(document, &mut keys)?;
    Ok(to_json(&keys.0.view()))
}

fn walk(document: &[u8], sink: &mut dyn Sink) -> Result<(), WireError> {
    let text = text_of(document)?;
    let text = trimmed(&text);
    if text.is_empty() {
        Ok(())
    } else if text.starts_with('<') {
        soap::walk(text, sink)
    } else {
        json::walk(text, sink)
    }
}

/// The text of a document. One bad byte in a name or a message must not cost the other events of
/// the page, so it becomes a replacement character.
fn text_of(document: &[u8]) -> Result<Cow<'_, str>, WireError> {
    if document.len() > MAX_DOCUMENT_BYTES {
        return Err(WireError::TooLarge(format!(
            "it has {} bytes, and at most {MAX_DOCUMENT_BYTES} are read: ask for smaller pages",
            document.len()
        )));
    }
    // Most are valid, which is found out more quickly this way.
    Ok(core::str::from_utf8(document).map_or_else(|_| String::from_utf8_lossy(document), Cow::Borrowed))
}

/// A text without a byte order mark and white space around it.
fn trimmed(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim()
}

/// One event as a document has it, before anything is checked.
#[derive(Debug, Default)]
struct RawEvent {
    type_name: Option<String>,
    key: RawKey,
    created_time: Option<String>,
    vm: Option<String>,
    vm_name: Option<String>,
    details: FailureDetails,
}

/// `Event.key` as a document has it.
#[derive(Debug, Default)]
enum RawKey {
    #[default]
    Missing,
    Int32(i32),
    Other(String),
}

/// Takes the items of a document one by one.
trait Sink {
    fn event(&mut self, raw: RawEvent);
    fn not_an_event(&mut self, message: String);
    /// The items to come stand on this line of a document of lines.
    fn at_line(&mut self, line: usize);
    /// What came so far does not count: the document is walked again, in another way.
    fn start_over(&mut self);
}

#[derive(Default)]
struct Decoder {
    decoded: Decoded,
    items: usize,
    line: Option<usize>,
}

impl Decoder {
    fn pass_over(&mut self, reason: IgnoreReason, message: Option<String>) {
        self.decoded.ignored.add(reason);
        if let Some(message) = message {
            if self.decoded.bad.len() < MAX_BAD_ITEMS {
                let place = match self.line {
                    Some(line) => format!("line {line}"),
                    None => format!("item {}", self.items),
                };
                self.decoded.bad.push(BadItem { place, message });
            }
        }
    }
}

impl Sink for Decoder {
    fn event(&mut self, raw: RawEvent) {
        self.items += 1;
        match raw.check() {
            Ok(event) => self.decoded.events.push(event),
            Err((reason, message)) => self.pass_over(reason, message),
        }
    }

    fn not_an_event(&mut self, message: String) {
        self.items += 1;
        self.pass_over(IgnoreReason::Malformed, Some(message));
    }

    fn at_line(&mut self, line: usize) {
        self.line = Some(line);
    }

    fn start_over(&mut self) {
        *self = Self::default();
    }
}

impl RawEvent {
    /// The event, or why it is passed over; with a message where the item is at fault.
    fn check(self) -> Result<Event, (IgnoreReason, Option<String>)> {
        let malformed = |message: String| (IgnoreReason::Malformed, Some(message));
        let no_time = |message: String| (IgnoreReason::NoTime, Some(message));
        let Some(type_name) = self.type_name else {
            return Err(malformed("the event has no type".to_owned()));
        };
        if EventKind::of_type(bare_type_name(&type_name)).is_none() {
            return Err((IgnoreReason::OtherType, None));
        }
        let Some(vm) = self.vm.filter(|vm| !vm.is_empty()) else {
            return Err((IgnoreReason::NoVm, None));
        };
        let key = match self.key {
            RawKey::Int32(key) => key,
            RawKey::Missing => {
                return Err(malformed(format!("the {type_name} has no `key`")));
            }
            RawKey::Other(shown) => {
                return Err(malformed(format!(
                    "the {type_name} has the `key` {shown}, which is no 32-bit number"
                )));
            }
        };
        let Some(created_time) = self.created_time else {
            return Err(no_time(format!("the {type_name} has no `createdTime`")));
        };
        let created_time: ServerTime = created_time
            .parse()
            .map_err(|error| no_time(format!("`createdTime` of the {type_name}: {error}")))?;
        let event = Event::new(&vm, key, created_time, &type_name).ok_or((IgnoreReason::OtherType, None))?;
        Ok(event
            .with_vm_name(self.vm_name.as_deref().unwrap_or_default())
            .with_failure(self.details))
    }
}

/// Keeps nothing but the keys.
#[derive(Default)]
struct Keys(Vec<Option<i32>>);

impl Sink for Keys {
    fn event(&mut self, raw: RawEvent) {
        self.0.push(match raw.key {
            RawKey::Int32(key) => Some(key),
            RawKey::Missing | RawKey::Other(_) => None,
        });
    }

    fn not_an_event(&mut self, _message: String) {
        self.0.push(None);
    }

    fn at_line(&mut self, _line: usize) {}

    fn start_over(&mut self) {
        self.0.clear();
    }
}

/// Writes the items down again, in the one form that recordings have.
#[derive(Default)]
struct Rewriter {
    items: Vec<Option<EventJson>>,
}

struct EventJson {
    type_name: Option<String>,
    key: Option<KeyJson>,
    created_time: Option<String>,
    vm: Option<VmJson>,
    reason: Option<String>,
    log_location: Option<String>,
    sysprep_version: Option<String>,
    system_version: Option<String>,
    full_formatted_message: Option<String>,
}

written!(EventJson {
    "_typeName" if present => type_name,
    "key" if present => key,
    "createdTime" if present => created_time,
    "vm" if present => vm,
    "reason" if present => reason,
    "logLocation" if present => log_location,
    "sysprepVersion" if present => sysprep_version,
    "systemVersion" if present => system_version,
    "fullFormattedMessage" if present => full_formatted_message,
});

enum KeyJson {
    Number(i32),
    Text(String),
}

impl Write for KeyJson {
    fn view(&self) -> View<'_> {
        match self {
            Self::Number(key) => View::I32(*key),
            Self::Text(shown) => View::Text(shown),
        }
    }
}

struct VmJson {
    name: Option<String>,
    vm: MoRefJson,
}

written!(VmJson {
    "name" if present => name,
    "vm" => vm,
});

struct MoRefJson {
    type_name: &'static str,
    value: String,
}

written!(MoRefJson {
    "type" => type_name,
    "value" => value,
});

impl Sink for Rewriter {
    fn event(&mut self, raw: RawEvent) {
        let is_failure = raw
            .type_name
            .as_deref()
            .map(bare_type_name)
            .and_then(EventKind::of_type)
            == Some(EventKind::CustomizationFailed);
        // What other events say is of no use to a replay, and may hold what people wrote.
        let details = if is_failure {
            raw.details
        } else {
            FailureDetails::default()
        };
        let bounded = |text: String, max: usize| cut(&text, max).0;
        self.items.push(Some(EventJson {
            type_name: raw.type_name.map(|name| bounded(name, MAX_STRING_BYTES)),
            key: match raw.key {
                RawKey::Missing => None,
                RawKey::Int32(key) => Some(KeyJson::Number(key)),
                RawKey::Other(shown) => Some(KeyJson::Text(shown)),
            },
            created_time: raw.created_time.map(|time| bounded(time, 64)),
            vm: raw.vm.map(|value| VmJson {
                name: raw.vm_name.map(|name| label(&name)),
                vm: MoRefJson {
                    type_name: "VirtualMachine",
                    value,
                },
            }),
            reason: details.reason,
            log_location: details.log_location,
            sysprep_version: details.sysprep_version,
            system_version: details.system_version,
            full_formatted_message: details.message,
        }));
    }

    fn not_an_event(&mut self, _message: String) {
        self.items.push(None);
    }

    fn at_line(&mut self, _line: usize) {}

    fn start_over(&mut self) {
        self.items.clear();
    }
}

/// `text` as it may be shown in an error.
fn shown(text: impl AsRef<str>) -> String {
    cut(text.as_ref(), 64).0
}
