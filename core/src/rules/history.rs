//! What is kept of one VM: a small sorted set of events, and the evidence of guest info.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::fields::{document, object, serialize};
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// How many attempts came before the first one kept.
    pub(crate) attempts: u32,
    /// The power-on of the first attempt kept; what lies before it is forgotten.
    pub(crate) begin: EventOrder,
    /// Whether a `VmStartingEvent` was among what is forgotten (rule D3).
    pub(crate) starting_seen: bool,
}

document!(Forgotten {
    "attempts" => attempts,
    "begin" => begin,
    "startingSeen" => starting_seen,
});

/// Everything known of one VM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// Sorted by [`EventOrder`]; no two are the same event.
    events: Vec<StoredEvent>,
    pub(crate) guest: GuestHistory,
    forgotten: Option<Forgotten>,
    /// The name in the newest event, with that event's place.
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

/// [`History`] as it stands in a snapshot: no message text but that of failures.
#[derive(Debug, Clone)]
pub(crate) struct HistoryJson {
    events: Vec<KeptJson>,
    guest: GuestHistory,
    forgotten: Option<Forgotten>,
    name: Option<(EventOrder, String)>,
}

#[derive(Debug, Clone)]
struct KeptJson {
    order: EventOrder,
    failure: Option<crate::model::event::FailureDetails>,
}

document!(HistoryJson {
    "events" => events,
    "guest" => guest,
    "forgotten" if present => forgotten = None,
    "name" if present => name = None,
});

document!(KeptJson {
    "order" => order,
    "failure" if present => failure = None,
});

impl From<&History> for HistoryJson {
    fn from(history: &History) -> Self {
        Self {
            events: history
                .events
                .iter()
                .map(|event| KeptJson {
                    order: event.order.clone(),
                    failure: event.failure.as_deref().cloned(),
                })
                .collect(),
            guest: history.guest.clone(),
            forgotten: history.forgotten.clone(),
            name: history.name.clone(),
        }
    }
}

impl TryFrom<HistoryJson> for History {
    type Error = Cow<'static, str>;

    /// Fails with the type name that no event of a snapshot can have.
    fn try_from(json: HistoryJson) -> Result<Self, Self::Error> {
        let mut events: Vec<StoredEvent> = Vec::with_capacity(json.events.len());
        for event in json.events {
            let Some(kind) = EventKind::of_type(&event.order.type_name) else {
                return Err(event.order.type_name);
            };
            let place = events.partition_point(|known| known.order < event.order);
            events.insert(
                place,
                StoredEvent {
                    order: event.order,
                    kind,
                    failure: event.failure.map(alloc::boxed::Box::new),
                },
            );
        }
        Ok(Self {
            events,
            guest: json.guest,
            forgotten: json.forgotten,
            name: json.name,
        })
    }
}
