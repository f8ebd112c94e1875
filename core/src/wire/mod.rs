//! Events as they are on the wire: SOAP, VI JSON, `govc events -json` and `CloudEvents`.
//!
//! Documents are walked item by item and only what is of use is kept. An item that cannot be used
//! is skipped and counted; a document that is none is an error and changes nothing.

mod elements;
mod json;
mod rewrite;
mod soap;
mod summary;

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use crate::model::event::{bare_type_name, Event, EventKind, FailureDetails};
pub use crate::model::protocol::BadItem;
use crate::model::protocol::ReadFailure;
use crate::model::report::{IgnoreReason, IgnoredCounts, ReadFailureKind};
use crate::model::text::{cut, shown_name};
use crate::model::time::ServerTime;

pub(crate) use json::is_one_document;
pub(crate) use rewrite::rewrite;
pub use rewrite::{event_keys, items_to_json, to_vi_json};
pub use soap::{soap_tree, soap_tree_to};
pub(crate) use summary::decode_and_summarize;
pub use summary::{summarize, summarize_to_json, EventSummary};

/// The largest document that is read, in bytes: 64 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// The most bad items that are described; the others are only counted.
const MAX_BAD_ITEMS: usize = 100;

/// The most of them that the error of a document without events names.
const MAX_REASONS: usize = 3;

const NO_TYPE: &str = "the event has no type";

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
    /// It says nothing of events: of its items none is an event by its shape, which is a type and a readable time, or it
    /// has none and is no answer that may be empty. The text has the first reasons.
    NoObservation(String),
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
            Self::NoObservation(_) => "wireNoObservation",
            Self::Fault { .. } => "wireFault",
        }
    }

    /// The failed read that a host reports in place of the document. A fault that is known by its type has a kind of its
    /// own, and all else may pass.
    pub fn read_failure(&self) -> ReadFailure {
        let kind = match self {
            Self::Fault { fault, .. } => known_fault(fault),
            Self::TooLarge(_) | Self::Syntax(_) | Self::NotEvents(_) | Self::NoObservation(_) => None,
        };
        ReadFailure {
            kind: kind.unwrap_or(ReadFailureKind::Transient),
            vm: None,
            message: Some(self.to_string()),
        }
    }
}

/// The faults that mean something to the reading.
fn known_fault(type_name: &str) -> Option<ReadFailureKind> {
    match type_name {
        "NotAuthenticated" => Some(ReadFailureKind::NotAuthenticated),
        "NoPermission" => Some(ReadFailureKind::NoPermission),
        "ManagedObjectNotFound" => Some(ReadFailureKind::NotFound),
        _ => None,
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(why) => write!(f, "the document is too large: {why}"),
            Self::Syntax(why) => write!(f, "the document is neither JSON nor SOAP: {why}"),
            Self::NotEvents(why) | Self::NoObservation(why) => {
                write!(f, "the document holds no events: {why}")
            }
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
    /// Whether its last line is cut off: events may be missing, so that it completes no observation.
    pub is_cut_off: bool,
}

/// Decodes a document of events in any of the accepted forms.
///
/// An empty list of events is one; an empty document, or `null`, says nothing.
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
/// When the document is too large, cannot be parsed, is a fault, is no document of events or no observation.
pub fn decode(document: &[u8]) -> Result<Decoded, WireError> {
    let (decoded, is_cut_off) = walk::<Decoded>(document, Source::Answer)?;
    Ok(Decoded {
        is_cut_off,
        ..decoded
    })
}

/// Where a document comes from, by which it is judged.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// An answer has to be an observation.
    Answer,
    /// Events in a file may lack what makes them usable: the host says what is missing.
    File,
}

/// Walks the items of a document; answers the sink that took them, and whether the last line is cut off.
fn walk<S: Sink + Default>(document: &[u8], source: Source) -> Result<(S, bool), WireError> {
    let mut sink = S::default();
    let mut is_cut_off = false;
    if !walk_whole(document, source, &mut sink)? {
        sink = S::default();
        is_cut_off = walk_pieces(document, source, &mut sink)?;
    }
    Ok((sink, is_cut_off))
}

/// Walks a document that is one; answers whether it is.
fn walk_whole(document: &[u8], source: Source, sink: &mut dyn Sink) -> Result<bool, WireError> {
    let text = text_of(document)?;
    let text = trimmed(&text);
    let mut page = Page::new(sink);
    match page.walk(text) {
        Err(WireError::Syntax(_)) if json::is_in_pieces(text) => Ok(false),
        walked => walked.and_then(|()| page.end(source)).map(|()| true),
    }
}

/// Walks documents that follow each other; answers whether the last one is cut off.
fn walk_pieces(document: &[u8], source: Source, sink: &mut dyn Sink) -> Result<bool, WireError> {
    let text = text_of(document)?;
    let mut page = Page::new(sink);
    let is_cut_off = json::walk_pieces(trimmed(&text), &mut page)?;
    page.end(source).map(|()| is_cut_off)
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
    Ok(core::str::from_utf8(document).map_or_else(|_| lossy(document).into(), Cow::Borrowed))
}

/// The same as `String::from_utf8_lossy`, in one piece of memory that is as large as the text.
fn lossy(document: &[u8]) -> String {
    let replacement = |invalid: &[u8]| if invalid.is_empty() { "" } else { "\u{fffd}" };
    let pieces = || {
        document
            .utf8_chunks()
            .flat_map(|chunk| [chunk.valid(), replacement(chunk.invalid())])
    };
    let mut text = String::with_capacity(pieces().map(str::len).sum());
    text.extend(pieces());
    text
}

/// A text without a byte order mark and white space around it.
fn trimmed(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim()
}

/// One event as a document has it, before anything is checked.
#[derive(Debug, Default)]
struct RawEvent<'a> {
    type_name: Option<Cow<'a, str>>,
    key: RawKey<'a>,
    created_time: Option<Cow<'a, str>>,
    vm: Option<Cow<'a, str>>,
    vm_name: Option<Cow<'a, str>>,
    details: RawDetails<'a>,
}

/// What an event says that only matters in a failure.
#[derive(Debug, Default)]
struct RawDetails<'a> {
    reason: Option<Cow<'a, str>>,
    log_location: Option<Cow<'a, str>>,
    sysprep_version: Option<Cow<'a, str>>,
    system_version: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
}

impl RawDetails<'_> {
    fn to_owned(&self) -> FailureDetails {
        FailureDetails {
            reason: self.reason.as_deref().map(String::from),
            log_location: self.log_location.as_deref().map(String::from),
            sysprep_version: self.sysprep_version.as_deref().map(String::from),
            system_version: self.system_version.as_deref().map(String::from),
            message: self.message.as_deref().map(String::from),
            truncated: false,
        }
    }
}

/// `Event.key` as a document has it.
#[derive(Debug, Default, Serialize)]
#[serde(untagged)]
enum RawKey<'a> {
    #[default]
    Missing,
    Int32(i32),
    Other(Cow<'a, str>),
}

impl<'a> RawKey<'a> {
    fn of(text: Cow<'a, str>) -> Self {
        match text.parse() {
            Ok(key) => Self::Int32(key),
            Err(_) => Self::Other(text),
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    fn int32(&self) -> Option<i32> {
        match self {
            Self::Int32(key) => Some(*key),
            Self::Missing | Self::Other(_) => None,
        }
    }
}

/// Where an item stands in its document.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// From 1 on.
    item: usize,
    /// From 1 on, where each line is a document.
    line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}"),
            None => write!(f, "item {}", self.item),
        }
    }
}

/// Takes the items of a document one by one.
trait Sink {
    /// Whether an event of this type is of no use: then it is counted here, and not read.
    fn passes_over(&mut self, _type_name: &str) -> bool {
        false
    }

    fn event(&mut self, event: RawEvent<'_>, place: Place);

    fn not_an_event(&mut self, why: fmt::Arguments<'_>, place: Place);
}

/// The items of one document on their way to the sink, and what they say of it.
struct Page<'s> {
    sink: &'s mut dyn Sink,
    /// How many there were.
    items: usize,
    /// On which line those to come stand, where each line is a document.
    line: Option<usize>,
    /// Whether one of them is an event by its shape.
    has_event: bool,
    /// Whether one of them is an object, though it may lack what makes it an event.
    has_object: bool,
    /// Whether it is a list of events, which may be empty.
    is_list: bool,
    /// Why the first ones are none.
    reasons: Vec<String>,
}

impl<'s> Page<'s> {
    fn new(sink: &'s mut dyn Sink) -> Self {
        Self {
            sink,
            items: 0,
            line: None,
            has_event: false,
            has_object: false,
            is_list: false,
            reasons: Vec::new(),
        }
    }

    /// Whether the item that comes, which is of this type, need not be read. The first event is, to see that it is one.
    fn passes_over(&mut self, type_name: &str) -> bool {
        let passes = self.has_event && self.sink.passes_over(type_name);
        self.items += usize::from(passes);
        passes
    }

    fn event(&mut self, event: RawEvent<'_>) {
        let place = self.next_place();
        self.has_object = true;
        if !self.has_event {
            match event.time() {
                Ok(_) => self.has_event = true,
                Err((_, why)) => self.note(place, &why),
            }
        }
        self.sink.event(event, place);
    }

    fn not_an_event(&mut self, why: fmt::Arguments<'_>) {
        let place = self.next_place();
        if !self.has_event {
            self.note(place, &why);
        }
        self.sink.not_an_event(why, place);
    }

    fn next_place(&mut self) -> Place {
        self.items += 1;
        Place {
            item: self.items,
            line: self.line,
        }
    }

    fn note(&mut self, place: Place, why: &dyn fmt::Display) {
        if self.reasons.len() < MAX_REASONS {
            self.reasons.push(format!("{place}: {why}"));
        }
    }

    fn walk(&mut self, text: &str) -> Result<(), WireError> {
        if text.is_empty() {
            Err(WireError::NoObservation("it is empty".into()))
        } else if text.starts_with('<') {
            soap::walk(text, self)
        } else {
            json::walk(text, self)
        }
    }

    /// Whether it says something.
    fn end(self, source: Source) -> Result<(), WireError> {
        let holds_something = match source {
            Source::Answer => self.has_event,
            Source::File => self.has_object,
        };
        if holds_something || self.is_list && self.items == 0 {
            return Ok(());
        }
        Err(WireError::NoObservation(match self.items {
            0 => "it is no list of events, and none is in it".into(),
            items => format!(
                "none of its {items} items has a type and a time: {}",
                self.reasons.join("; ")
            ),
        }))
    }
}

/// Why an event is passed over; with a message where the item is at fault.
type PassedOver = (IgnoreReason, Option<String>);

const NOT_OF_INTEREST: PassedOver = (IgnoreReason::OtherType, None);

impl RawEvent<'_> {
    /// When it was, where it is an event by its shape; otherwise what is missing.
    fn time(&self) -> Result<ServerTime, (IgnoreReason, String)> {
        let type_name = self.type_name.as_deref().filter(|name| !name.is_empty());
        let Some(type_name) = type_name else {
            return Err((IgnoreReason::Malformed, NO_TYPE.to_owned()));
        };
        let no_time = |message: String| (IgnoreReason::NoTime, message);
        let Some(created_time) = self.created_time.as_deref() else {
            return Err(no_time(format!("the {} has no `createdTime`", shown(type_name))));
        };
        created_time
            .parse()
            .map_err(|error| no_time(format!("`createdTime` of the {}: {error}", shown(type_name))))
    }

    /// The event that the machine takes, or why it is passed over: then it is no event for views either.
    fn event(&self) -> Result<Event, PassedOver> {
        let malformed = |message: String| (IgnoreReason::Malformed, Some(message));
        let type_name = self
            .type_name
            .as_deref()
            .ok_or_else(|| malformed(NO_TYPE.to_owned()))?;
        EventKind::of_type(bare_type_name(type_name)).ok_or(NOT_OF_INTEREST)?;
        let vm = self.vm.as_deref().filter(|vm| !vm.is_empty());
        let vm = vm.ok_or((IgnoreReason::NoVm, None))?;
        let key = match &self.key {
            RawKey::Int32(key) => *key,
            RawKey::Missing => {
                return Err(malformed(format!("the {} has no `key`", shown(type_name))));
            }
            RawKey::Other(text) => {
                return Err(malformed(format!(
                    "the {} has the `key` {}, which is no 32-bit number",
                    shown(type_name),
                    shown(text)
                )));
            }
        };
        let created_time = self.time().map_err(|(reason, why)| (reason, Some(why)))?;
        let event = Event::new(vm, key, created_time, type_name).ok_or(NOT_OF_INTEREST)?;
        let event = event.with_vm_name(&shown_name(self.vm_name.as_deref().unwrap_or_default()));
        if event.kind() == EventKind::CustomizationFailed {
            return Ok(event.with_failure(self.details.to_owned()));
        }
        Ok(event)
    }
}

impl Decoded {
    fn describe(&mut self, place: Place, message: &dyn fmt::Display) {
        if self.bad.len() < MAX_BAD_ITEMS {
            self.bad.push(BadItem {
                place: place.to_string(),
                message: message.to_string(),
            });
        }
    }
}

impl Sink for Decoded {
    fn passes_over(&mut self, type_name: &str) -> bool {
        let passes = EventKind::of_type(bare_type_name(type_name)).is_none();
        if passes {
            self.ignored.add(IgnoreReason::OtherType);
        }
        passes
    }

    fn event(&mut self, event: RawEvent<'_>, place: Place) {
        match event.event() {
            Ok(event) => self.events.push(event),
            Err((reason, message)) => {
                self.ignored.add(reason);
                if let Some(message) = message {
                    self.describe(place, &message);
                }
            }
        }
    }

    fn not_an_event(&mut self, why: fmt::Arguments<'_>, place: Place) {
        self.ignored.add(IgnoreReason::Malformed);
        self.describe(place, &why);
    }
}

/// `text` as it may be shown in an error.
fn shown(text: impl AsRef<str>) -> String {
    cut(text.as_ref(), 64).0
}
