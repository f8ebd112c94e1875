//! What is kept of one VM: a small sorted set of events, and the evidence of guest info.
//!
//! Data alone: what is kept and what goes stands in [`retention`](crate::rules::retention).

use alloc::string::String;
use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::event::{EventOrder, StoredEvent};
use crate::model::guest_info::GuestHistory;
use crate::model::text::{bytes_of, TextBudget};

/// The most events kept of one VM.
pub(crate) const MAX_EVENTS: usize = 64;

/// Closed attempts of a `reopen` run that are no longer kept, so that a run of weeks stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Forgotten {
    /// How many attempts came before the first one kept.
    pub(crate) attempts: u32,
    /// The power-on of the first attempt kept; what lies before it is forgotten.
    pub(crate) begin: EventOrder,
}

/// Everything known of one VM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// Sorted by [`EventOrder`]; no two are the same event.
    #[serde(deserialize_with = "in_order")]
    pub(super) events: Vec<StoredEvent>,
    pub(crate) guest: GuestHistory,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forgotten: Option<Forgotten>,
    /// The name in the newest event, with that event's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<(EventOrder, String)>,
}

impl History {
    pub(crate) fn events(&self) -> &[StoredEvent] {
        &self.events
    }

    pub(crate) fn event(&self, order: &EventOrder) -> Option<&StoredEvent> {
        let place = self.events.binary_search_by(|known| known.order.cmp(order));
        self.events.get(place.ok()?)
    }

    pub(crate) fn forgotten(&self) -> Option<&Forgotten> {
        self.forgotten.as_ref()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(_, name)| name.as_str())
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.event_text_bytes() + self.guest.text_bytes() + bytes_of(self.name())
    }

    pub(super) fn event_text_bytes(&self) -> usize {
        self.events.iter().map(StoredEvent::text_bytes).sum()
    }

    /// The name that an event has, copy or not, counts if that is the newest.
    pub(super) fn learn_name(&mut self, order: &EventOrder, name: Option<String>, texts: &mut TextBudget) {
        let is_newest = self.name.as_ref().is_none_or(|(newest, _)| newest < order);
        let before = bytes_of(self.name());
        if let Some(name) = name.filter(|name| is_newest && texts.admits(before, name.len())) {
            texts.replace(before, name.len());
            self.name = Some((order.clone(), name));
        }
    }
}

/// The events that a snapshot has of one VM: no more than are kept.
pub(crate) fn at_most_kept<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let events: Vec<T> = Deserialize::deserialize(deserializer)?;
    if events.len() > MAX_EVENTS {
        return Err(D::Error::custom(format_args!(
            "{} events of one VM, and at most {MAX_EVENTS} are kept",
            events.len()
        )));
    }
    Ok(events)
}

/// The same, in their order.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<StoredEvent>, D::Error> {
    let mut events: Vec<StoredEvent> = Vec::new();
    for event in at_most_kept::<StoredEvent, D>(deserializer)? {
        let place = events.partition_point(|known| known.order < event.order);
        events.insert(place, event);
    }
    Ok(events)
}
