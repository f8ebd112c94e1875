//! The items of a document for people who look at a run: a line of a log, a mark on an axis.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::{Decoded, Place, RawEvent, Sink, Source, WireError};
use crate::model::event::{bare_type_name, EventKind};
use crate::model::json::to_json;
use crate::model::text::{cut, shown_name, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// One event of a document, of any type.
///
/// ```
/// use vm_customization::EventKind;
/// let page = br#"[{"_typeName":"VmStartingEvent","key":7,"createdTime":"2026-03-01T09:59:58.12Z",
///   "vm":{"name":"web-1","vm":{"type":"VirtualMachine","value":"vm-101"}}}]"#;
/// let summaries = vm_customization::wire::summarize(page)?;
/// assert_eq!(summaries[0].kind, Some(EventKind::VmStarting));
/// # Ok::<(), vm_customization::wire::WireError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSummary {
    /// The managed object reference value of the VM, where the event names one.
    pub vm: Option<String>,
    /// The name that the VM had, as people see it.
    pub name: Option<String>,
    /// `Event.key`, where it is a 32-bit number.
    pub key: Option<i32>,
    /// `Event.createdTime`, rounded to the millisecond.
    pub created_time: ServerTime,
    /// The bare type name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What it means to the machine; `None` for what has no part in customization, and for what lacks something that the
    /// machine needs: it takes the events that have one, and no others.
    pub kind: Option<EventKind>,
}

/// The items of a document that have a type and a usable time, in the order of the document. Texts
/// are cut at 4 KiB.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn summarize(document: &[u8]) -> Result<Vec<EventSummary>, WireError> {
    super::walk(document, Source::Answer).map(|(summaries, _)| summaries)
}

/// The same as a JSON array.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn summarize_to_json(document: &[u8]) -> Result<String, WireError> {
    summarize(document).map(|summaries| to_json(&summaries))
}

/// Decodes a document, and summarizes its items on the way.
pub(crate) fn decode_and_summarize(document: &[u8]) -> Result<(Decoded, Vec<EventSummary>), WireError> {
    let ((decoded, summaries), is_cut_off) = super::walk::<(Decoded, _)>(document, Source::Answer)?;
    Ok((
        Decoded {
            is_cut_off,
            ..decoded
        },
        summaries,
    ))
}

impl Sink for Vec<EventSummary> {
    fn event(&mut self, event: RawEvent<'_>, _place: Place) {
        self.extend(summary_of(&event));
    }

    fn not_an_event(&mut self, _why: fmt::Arguments<'_>, _place: Place) {}
}

impl Sink for (Decoded, Vec<EventSummary>) {
    fn event(&mut self, event: RawEvent<'_>, place: Place) {
        self.1.extend(summary_of(&event));
        self.0.event(event, place);
    }

    fn not_an_event(&mut self, why: fmt::Arguments<'_>, place: Place) {
        self.0.not_an_event(why, place);
    }
}

pub(super) fn summary_of(event: &RawEvent<'_>) -> Option<EventSummary> {
    let type_name = bare_type_name(event.type_name.as_deref()?);
    let bounded = |text: &str| cut(text, MAX_STRING_BYTES).0;
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(bounded);
    Some(EventSummary {
        vm: text(event.vm.as_deref()),
        name: text(event.vm_name.as_deref().map(shown_name).as_deref()),
        key: event.key.int32(),
        created_time: event.time().ok()?,
        type_name: bounded(type_name),
        kind: event.event().ok().map(|event| event.kind()),
    })
}
