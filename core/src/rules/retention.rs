//! Which events of a VM are kept: 64, and what goes when there are more.

use alloc::string::String;
use alloc::vec::Vec;

use crate::model::event::StoredEvent;
use crate::model::text::TextBudget;
use crate::rules::assess::assess;
use crate::rules::history::{Forgotten, History, MAX_EVENTS};
use crate::rules::time_window::TimeWindow;

/// What became of an event that was offered to a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// It is kept, and so many others had to go for it.
    Kept { dropped: u64 },
    /// It is a copy of one that was there, which it may have `moved`: its time is that of its
    /// earliest copy.
    Copy { moved: bool },
    /// There was no room for it.
    NoRoom,
}

/// Takes an event into a history, where it is no copy and there is room for it.
pub(crate) fn insert(
    history: &mut History,
    mut event: StoredEvent,
    name: Option<String>,
    window: &TimeWindow,
    texts: &mut TextBudget,
) -> Insertion {
    event.power_reports = history.guest.power_reports();
    history.learn_name(&event.order, name, texts);
    let before = history.event_text_bytes();
    let insertion = insert_event(history, event, window, texts);
    texts.replace(before, history.event_text_bytes());
    insertion
}

fn insert_event(
    history: &mut History,
    mut event: StoredEvent,
    window: &TimeWindow,
    texts: &mut TextBudget,
) -> Insertion {
    let is_copy = history.events.iter().any(|known| known.is_copy_of(&event));
    let lies_before_all_kept = history
        .forgotten
        .as_ref()
        .is_some_and(|forgotten| event.order < forgotten.begin);
    if is_copy {
        // Nothing that is kept moves to before what is kept.
        let moved = !lies_before_all_kept && merge(&mut history.events, event, texts);
        return Insertion::Copy { moved };
    }
    if lies_before_all_kept {
        return Insertion::NoRoom;
    }
    if !texts.admits(0, event.text_bytes()) {
        event.failure = None;
    }
    let order = event.order.clone();
    put(&mut history.events, event);
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

/// Merges a copy with the events that it is a copy of: two where it closes the gap between them.
/// Whether an event has another time by that, or is gone.
fn merge(events: &mut Vec<StoredEvent>, copy: StoredEvent, texts: &mut TextBudget) -> bool {
    let count_before = events.len();
    let mut merged = copy;
    let mut moved = false;
    while let Some(place) = events.iter().position(|known| known.is_copy_of(&merged)) {
        let known = events.remove(place);
        let is_earlier = merged.time() < known.time();
        if is_earlier && !texts.admits(known.text_bytes(), merged.text_bytes()) {
            merged.failure = None;
        }
        moved |= is_earlier;
        merged = known.merged_with(merged);
    }
    put(events, merged);
    moved || events.len() < count_before
}

fn put(events: &mut Vec<StoredEvent>, event: StoredEvent) {
    let place = events.partition_point(|known| known.order < event.order);
    // A full list must not double for the one that goes again at once.
    events.reserve_exact(usize::from(events.len() >= MAX_EVENTS));
    events.insert(place, event);
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
    history.events.drain(..kept_from);
    history.forgotten = Some(Forgotten {
        attempts: begin.number.saturating_sub(1),
        begin: begin.order,
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
