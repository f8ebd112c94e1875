//! What is kept of one VM: a small sorted set of events, and the evidence of guest info.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::event::{EventKind, EventOrder, StoredEvent};
use crate::model::guest_info::GuestHistory;
use crate::rules::assess::assess;
use crate::rules::time_window::TimeWindow;

/// The most events kept of one VM.
pub(crate) const MAX_EVENTS: usize = 64;

/// What became of an event that was offered to a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// It is kept, and so many others had to go for it.
    Kept { dropped: u64 },
    /// It was there: the same key and type.
    Duplicate,
    /// There was no room for it.
    NoRoom,
}

/// Closed attempts of a `reopen` run that are no longer kept, so that a run of weeks stays small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Forgotten {
    /// How many attempts came before the first one kept.
    pub(crate) attempts: u32,
    /// The power-on of the first attempt kept; what lies before it is forgotten.
    pub(crate) begin: EventOrder,
    /// Whether a `VmStartingEvent` was among what is forgotten (rule D3).
    pub(crate) starting_seen: bool,
}

/// Everything known of one VM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// Sorted by [`EventOrder`]; no two are the same event.
    #[serde(deserialize_with = "in_order")]
    events: Vec<StoredEvent>,
    pub(crate) guest: GuestHistory,
    #[serde(skip_serializing_if = "Option::is_none")]
    forgotten: Option<Forgotten>,
    /// The name in the newest event, with that event's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<(EventOrder, String)>,
}

impl History {
    pub(crate) fn events(&self) -> &[StoredEvent] {
        &self.events
    }

    pub(crate) fn forgotten(&self) -> Option<&Forgotten> {
        self.forgotten.as_ref()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(_, name)| name.as_str())
    }

    pub(crate) fn insert(
        &mut self,
        event: StoredEvent,
        name: Option<String>,
        window: &TimeWindow,
    ) -> Insertion {
        if self.events.iter().any(|known| known.is_same_event(&event)) {
            return Insertion::Duplicate;
        }
        if self
            .forgotten
            .as_ref()
            .is_some_and(|forgotten| event.order < forgotten.begin)
        {
            return Insertion::NoRoom;
        }
        if let Some(name) = name {
            if self.name.as_ref().is_none_or(|(at, _)| *at < event.order) {
                self.name = Some((event.order.clone(), name));
            }
        }
        let order = event.order.clone();
        let place = self.events.partition_point(|known| known.order < order);
        self.events.insert(place, event);
        let before = self.events.len();
        if before > MAX_EVENTS {
            self.make_room(window);
        }
        if self.events.iter().any(|known| known.order == order) {
            let dropped = before - self.events.len();
            Insertion::Kept {
                dropped: u64::try_from(dropped).unwrap_or(u64::MAX),
            }
        } else {
            Insertion::NoRoom
        }
    }

    /// Frees one place at least: first the oldest closed attempt that nothing leads back to, then
    /// what cannot change the row, failing both the newest event.
    fn make_room(&mut self, window: &TimeWindow) {
        if self.forget_oldest_attempt(window) || self.drop_what_changes_nothing(window) {
            return;
        }
        self.events.pop();
    }

    fn forget_oldest_attempt(&mut self, window: &TimeWindow) -> bool {
        let Some(begin) = assess(self, window).after_oldest_forgettable else {
            return false;
        };
        let kept_from = self.events.partition_point(|event| event.order < begin.order);
        let starting_seen = self
            .forgotten
            .as_ref()
            .is_some_and(|forgotten| forgotten.starting_seen)
            || self
                .events
                .iter()
                .take(kept_from)
                .any(|event| event.kind == EventKind::VmStarting);
        self.events.drain(..kept_from);
        self.forgotten = Some(Forgotten {
            attempts: begin.number - 1,
            begin: begin.order,
            starting_seen,
        });
        true
    }

    fn drop_what_changes_nothing(&mut self, window: &TimeWindow) -> bool {
        let before = assess(self, window);
        for place in 0..self.events.len() {
            let candidate = self.events.remove(place);
            if assess(self, window) == before {
                return true;
            }
            self.events.insert(place, candidate);
        }
        false
    }
}

/// The events of a snapshot, in their order.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<StoredEvent>, D::Error> {
    let mut events: Vec<StoredEvent> = Deserialize::deserialize(deserializer)?;
    events.sort_by(|first, second| first.order.cmp(&second.order));
    Ok(events)
}
