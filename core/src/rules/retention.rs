//! Which events of a VM are kept: 64, and what goes when there are more.

use alloc::string::String;

use crate::model::event::StoredEvent;
use crate::rules::assess::assess;
use crate::rules::history::{Forgotten, History};
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

/// Takes an event into a history, where it is not there and there is room for it.
pub(crate) fn insert(
    history: &mut History,
    event: StoredEvent,
    name: Option<String>,
    window: &TimeWindow,
) -> Insertion {
    if history.events.iter().any(|known| known.is_same_event(&event)) {
        return Insertion::Duplicate;
    }
    if history
        .forgotten
        .as_ref()
        .is_some_and(|forgotten| event.order < forgotten.begin)
    {
        return Insertion::NoRoom;
    }
    if let Some(name) = name {
        if history.name.as_ref().is_none_or(|(at, _)| *at < event.order) {
            history.name = Some((event.order.clone(), name));
        }
    }
    let order = event.order.clone();
    let place = history.events.partition_point(|known| known.order < order);
    history.events.insert(place, event);
    let before = history.events.len();
    if before > MAX_EVENTS {
        make_room(history, window);
    }
    if history.events.iter().any(|known| known.order == order) {
        let dropped = before - history.events.len();
        Insertion::Kept {
            dropped: u64::try_from(dropped).unwrap_or(u64::MAX),
        }
    } else {
        Insertion::NoRoom
    }
}

/// Frees one place at least: first the oldest closed attempt that nothing leads back to, then what
/// cannot change the row, failing both the newest event.
fn make_room(history: &mut History, window: &TimeWindow) {
    if forget_oldest_attempt(history, window) || drop_what_changes_nothing(history, window) {
        return;
    }
    history.events.pop();
}

fn forget_oldest_attempt(history: &mut History, window: &TimeWindow) -> bool {
    let Some(begin) = assess(history, window).after_oldest_forgettable else {
        return false;
    };
    let kept_from = history.events.partition_point(|event| event.order < begin.order);
    let starting_seen = history
        .forgotten
        .as_ref()
        .is_some_and(|forgotten| forgotten.starting_seen)
        || history
            .events
            .iter()
            .take(kept_from)
            .any(|event| event.kind.is_starting());
    history.events.drain(..kept_from);
    history.forgotten = Some(Forgotten {
        attempts: begin.number.saturating_sub(1),
        begin: begin.order,
        starting_seen,
    });
    true
}

fn drop_what_changes_nothing(history: &mut History, window: &TimeWindow) -> bool {
    let before = assess(history, window);
    for place in 0..history.events.len() {
        let candidate = history.events.remove(place);
        if assess(history, window) == before {
            return true;
        }
        history.events.insert(place, candidate);
    }
    false
}
