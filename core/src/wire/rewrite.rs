//! The items of a document in another form: what a recording holds, and what a host counts.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::Serialize;

use super::summary::{summary_of, EventSummary};
use super::{shown, Place, RawDetails, RawEvent, RawKey, Sink, Source, WireError};
use crate::model::event::{bare_type_name, EventKind};
use crate::model::json::{to_json, JsonArray};
use crate::model::report::{IgnoreReason, IgnoredCounts};
use crate::model::text::{cut, label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// The most bytes of a time that are kept as they are.
const MAX_TIME_BYTES: usize = 64;

/// The items of a document as a VI JSON array of events: what a recording holds.
///
/// Decoding the array gives the same events as the document, and the same counts of what is
/// passed over.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn to_vi_json(document: &[u8]) -> Result<String, WireError> {
    rewrite(document).map(|(array, _)| array)
}

/// The same, and whether the last line of the document is cut off.
pub(crate) fn rewrite(document: &[u8]) -> Result<(String, bool), WireError> {
    let (Rewriter(array), is_cut_off) = super::walk(document, Source::Answer)?;
    Ok((array.into_text(), is_cut_off))
}

/// The items of a document for a host that makes a recording of them: `{"items":[{"event":{…},"summary":{…}}],"ignored":{…}}`,
/// each event as a recording holds it and as views show it (absent where it has no type or no usable time), and how many of
/// all items the machine would pass over, by reason. An item that has nothing of an event is counted alone.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn items_to_json(document: &[u8]) -> Result<String, WireError> {
    let (Items { items, ignored }, _) = super::walk(document, Source::File)?;
    let (items, ignored) = (items.into_text(), to_json(&ignored));
    Ok(format!("{{\"items\":{items},\"ignored\":{ignored}}}"))
}

/// The keys of all items of a document as a JSON array, in its order, whatever their types; `null`
/// for an item without a usable one. A host tells by them whether a page is full, and one that
/// follows the newest events, whether it has missed some.
///
/// # Errors
///
/// As [`decode`](super::decode).
pub fn event_keys(document: &[u8]) -> Result<String, WireError> {
    let (Keys(array), _) = super::walk(document, Source::Answer)?;
    Ok(array.into_text())
}

/// Keeps nothing but the keys.
#[derive(Default)]
struct Keys(JsonArray);

impl Sink for Keys {
    fn event(&mut self, event: RawEvent<'_>, _place: Place) {
        self.0.push(&event.key.int32());
    }

    fn not_an_event(&mut self, _why: fmt::Arguments<'_>, _place: Place) {
        self.0.push(&());
    }
}

/// Writes the items down again, in the one form that recordings have.
#[derive(Default)]
struct Rewriter(JsonArray);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventJson<'a> {
    #[serde(rename = "_typeName", skip_serializing_if = "Option::is_none")]
    type_name: Option<String>,
    #[serde(skip_serializing_if = "RawKey::is_missing")]
    key: RawKey<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vm: Option<VmJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_location: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sysprep_version: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_version: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_formatted_message: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct VmJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    vm: MoRefJson<'a>,
}

#[derive(Serialize)]
struct MoRefJson<'a> {
    r#type: &'static str,
    value: Cow<'a, str>,
}

impl<'a> EventJson<'a> {
    fn of(event: RawEvent<'a>) -> Self {
        let bare = event.type_name.as_deref().map(bare_type_name);
        let is_failure = bare.and_then(EventKind::of_type) == Some(EventKind::CustomizationFailed);
        // What other events say is of no use to a replay, and may hold what people wrote.
        let details = if is_failure {
            event.details
        } else {
            RawDetails::default()
        };
        let bounded = |text: Cow<'_, str>, max: usize| cut(&text, max).0;
        Self {
            type_name: event.type_name.map(|name| bounded(name, MAX_STRING_BYTES)),
            key: match event.key {
                RawKey::Other(text) => RawKey::Other(shown(text).into()),
                key @ (RawKey::Missing | RawKey::Int32(_)) => key,
            },
            created_time: event.created_time.map(time_text),
            vm: event.vm.map(|value| VmJson {
                name: event.vm_name.map(|name| label(&name)),
                vm: MoRefJson {
                    r#type: "VirtualMachine",
                    value,
                },
            }),
            reason: details.reason,
            log_location: details.log_location,
            sysprep_version: details.sysprep_version,
            system_version: details.system_version,
            full_formatted_message: details.message,
        }
    }
}

/// A time as it is. Of a longer one than people write the end is left out, but never so that a time is none any more, or
/// what is none becomes one.
fn time_text(time: Cow<'_, str>) -> String {
    if time.len() <= MAX_TIME_BYTES {
        return time.into_owned();
    }
    time.parse().map_or_else(
        |_| cut(&time, MAX_TIME_BYTES).0 + "…",
        |time: ServerTime| time.to_string(),
    )
}

impl Sink for Rewriter {
    fn event(&mut self, event: RawEvent<'_>, _place: Place) {
        self.0.push(&EventJson::of(event));
    }

    fn not_an_event(&mut self, _why: fmt::Arguments<'_>, _place: Place) {
        self.0.push(&());
    }
}

/// Events on their way into a recording that nobody made.
#[derive(Default)]
struct Items {
    items: JsonArray,
    ignored: IgnoredCounts,
}

impl Sink for Items {
    fn event(&mut self, event: RawEvent<'_>, _place: Place) {
        #[derive(Serialize)]
        struct ItemJson<'a> {
            event: EventJson<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            summary: Option<EventSummary>,
        }

        if let Err((reason, _)) = event.event() {
            self.ignored.add(reason);
        }
        let has_key = !event.key.is_missing();
        if event.type_name.is_none() && event.created_time.is_none() && event.vm.is_none() && !has_key {
            return;
        }
        let summary = summary_of(&event);
        let event = EventJson::of(event);
        self.items.push(&ItemJson { event, summary });
    }

    fn not_an_event(&mut self, _why: fmt::Arguments<'_>, _place: Place) {
        self.ignored.add(IgnoreReason::Malformed);
    }
}
