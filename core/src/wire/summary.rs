//! The items of a document for people who look at a run: a line of a log, a mark on an axis.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Decoded, Decoder, RawEvent, RawKey, Sink, WireError};
use crate::fields::serialize;
use crate::model::event::{bare_type_name, EventKind};
use crate::model::text::{cut, MAX_STRING_BYTES};
use crate::model::time::ServerTime;
use crate::view::{to_json, written, Write};

/// One event of a document, of any type.
///
/// ```
/// use vm_customization::EventKind;
/// let page = br#"[{"_typeName":"VmStartingEvent","key":7,"createdTime":"2026-03-01T09:59:58.12Z"}]"#;
/// let summaries = vm_customization::wire::summarize(page)?;
/// assert_eq!(summaries[0].kind, Some(EventKind::VmStarting));
/// # Ok::<(), vm_customization::wire::WireError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSummary {
    /// The managed object reference value of the VM, where the event names one.
    pub vm: Option<String>,
    /// The name that the VM had.
    pub name: Option<String>,
    /// `Event.key`, where it is a 32-bit number.
    pub key: Option<i32>,
    /// `Event.createdTime`, rounded to the millisecond.
    pub created_time: ServerTime,
    /// The bare type name.
    pub type_name: String,
    /// What it means to the machine; `None` for what has no part in customization.
    pub kind: Option<EventKind>,
}

written!(EventSummary {
    "vm" => vm,
    "name" => name,
    "key" => key,
    "createdTime" => created_time,
    "type" => type_name,
    "kind" => kind,
});

serialize!(EventSummary);

/// A summary, and whether the machine takes the event: it is then the next one of those decoded.
#[derive(Debug, Clone)]
pub(crate) struct Summarized {
    pub(crate) summary: EventSummary,
    pub(crate) is_taken: bool,
}

/// The items of a document that have a type and a usable time, in the order of the document. Texts
/// are cut at 4 KiB.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn summarize(document: &[u8]) -> Result<Vec<EventSummary>, WireError> {
    let (_, items) = decode_and_summarize(document)?;
    Ok(items.into_iter().map(|item| item.summary).collect())
}

/// The same as a JSON array.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn summarize_to_json(document: &[u8]) -> Result<String, WireError> {
    summarize(document).map(|summaries| to_json(&summaries.view()))
}

/// Decodes a document, and summarizes its items on the way.
pub(crate) fn decode_and_summarize(document: &[u8]) -> Result<(Decoded, Vec<Summarized>), WireError> {
    let mut sink = Summarizer::default();
    super::walk(document, &mut sink)?;
    Ok((sink.decoder.decoded, sink.items))
}

#[derive(Default)]
struct Summarizer {
    decoder: Decoder,
    items: Vec<Summarized>,
}

impl Sink for Summarizer {
    fn event(&mut self, raw: RawEvent) {
        let summary = summary_of(&raw);
        let before = self.decoder.decoded.events.len();
        self.decoder.event(raw);
        // What has no type or no usable time is not taken either.
        if let Some(summary) = summary {
            self.items.push(Summarized {
                summary,
                is_taken: self.decoder.decoded.events.len() > before,
            });
        }
    }

    fn not_an_event(&mut self, message: String) {
        self.decoder.not_an_event(message);
    }

    fn at_line(&mut self, line: usize) {
        self.decoder.at_line(line);
    }

    fn start_over(&mut self) {
        *self = Self::default();
    }
}

fn summary_of(raw: &RawEvent) -> Option<EventSummary> {
    let type_name = bare_type_name(raw.type_name.as_deref()?);
    let bounded = |text: &str| cut(text, MAX_STRING_BYTES).0;
    let text = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(bounded);
    Some(EventSummary {
        vm: text(&raw.vm),
        name: text(&raw.vm_name),
        key: match raw.key {
            RawKey::Int32(key) => Some(key),
            RawKey::Missing | RawKey::Other(_) => None,
        },
        created_time: raw.created_time.as_deref()?.parse().ok()?,
        type_name: bounded(type_name),
        kind: EventKind::of_type(type_name),
    })
}
