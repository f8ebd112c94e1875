//! P1 to P8: the `PowerCLI` script of 2011, step by step.
//!
//! Unlike the default rules this is a procedure, not a function of what is known: each pass takes
//! one step per VM from what is visible at its moment.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::event::{EventKind, EventOrder};
use crate::model::status::CustomizationStatus;
use crate::model::text::{bytes_of, TextBudget};
use crate::model::time::ServerTime;
use crate::rules::history::{at_most_kept, MAX_EVENTS};

/// P3 and P7: milliseconds between two passes, and after the last one.
pub(crate) const PASS_INTERVAL_MS: u64 = 15_000;

/// P1: how far the script looks back, in milliseconds.
pub(crate) const LOOKBACK_MS: u64 = 300_000;

/// What the script knows of one VM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Script {
    /// Sorted. Copies with the same time are one event.
    #[serde(deserialize_with = "at_most_kept")]
    visible: Vec<EventOrder>,
    pinned: Option<ServerTime>,
    pub(crate) status: CustomizationStatus,
    /// The name in the newest event, with that event's place.
    name: Option<(EventOrder, String)>,
}

/// A step that the script took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScriptStep {
    pub(crate) to: CustomizationStatus,
    pub(crate) event_key: i32,
}

fn kind(event: &EventOrder) -> Option<EventKind> {
    EventKind::of_type(&event.type_name)
}

impl Script {
    /// Makes an event visible; `false` when it was visible already.
    pub(crate) fn see(&mut self, event: &EventOrder, name: Option<String>, texts: &mut TextBudget) -> bool {
        let is_newest = self.name.as_ref().is_none_or(|(newest, _)| newest < event);
        let before = self.text_bytes();
        if let Some(name) = name.filter(|name| is_newest && texts.admits(bytes_of(self.name()), name.len())) {
            self.name = Some((event.clone(), name));
        }
        let is_news = self.make_visible(event);
        texts.replace(before, self.text_bytes());
        is_news
    }

    fn make_visible(&mut self, event: &EventOrder) -> bool {
        if self.visible.contains(event) {
            return false;
        }
        let place = self.visible.partition_point(|seen| seen < event);
        self.visible.insert(place, event.clone());
        if self.visible.len() > MAX_EVENTS {
            self.drop_oldest_superseded();
        }
        true
    }

    pub(crate) fn text_bytes(&self) -> usize {
        let names_of_types: usize = self.visible.iter().map(EventOrder::text_bytes).sum();
        names_of_types + bytes_of(self.name())
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(_, name)| name.as_str())
    }

    /// P1: pins the last `VmStartingEvent` visible, which the script asks for with `-is`.
    pub(crate) fn pin(&mut self) -> Option<ScriptStep> {
        let last = self
            .visible
            .iter()
            .rev()
            .find(|seen| kind(seen).is_some_and(EventKind::is_starting))?;
        self.pinned = Some(last.time);
        self.status = CustomizationStatus::CustomizationNotStarted;
        Some(ScriptStep {
            to: self.status,
            event_key: last.key,
        })
    }

    /// P4 and P5: the step of one pass, if there is one.
    pub(crate) fn pass(&mut self) -> Option<ScriptStep> {
        let step = self.next()?;
        self.status = step.to;
        Some(step)
    }

    /// The step that a pass would take. Time alone changes nothing about it.
    pub(crate) fn next(&self) -> Option<ScriptStep> {
        let pinned = self.pinned?;
        let first = |wanted: EventKind| {
            self.visible
                .iter()
                .find(|seen| seen.time >= pinned && kind(seen) == Some(wanted))
        };
        let (to, event) = match self.status {
            CustomizationStatus::CustomizationNotStarted => (
                CustomizationStatus::CustomizationStarted,
                first(EventKind::CustomizationStarted)?,
            ),
            CustomizationStatus::CustomizationStarted => {
                if let Some(failed) = first(EventKind::CustomizationFailed) {
                    (CustomizationStatus::CustomizationFailed, failed)
                } else {
                    (
                        CustomizationStatus::CustomizationSucceeded,
                        first(EventKind::CustomizationSucceeded)?,
                    )
                }
            }
            CustomizationStatus::VmNotStarted
            | CustomizationStatus::CustomizationSucceeded
            | CustomizationStatus::CustomizationFailed => return None,
        };
        Some(ScriptStep {
            to,
            event_key: event.key,
        })
    }

    /// The script only asks whether there is an event of a kind at or after a time, so of each
    /// kind the newest one answers for all older ones.
    fn drop_oldest_superseded(&mut self) {
        let superseded = self.visible.iter().enumerate().position(|(place, seen)| {
            self.visible
                .iter()
                .skip(place + 1)
                .any(|later| kind(later) == kind(seen))
        });
        if let Some(place) = superseded {
            self.visible.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::Cow;

    #[test]
    fn the_texts_of_a_script_are_its_name_and_the_names_of_unknown_types() {
        let mut texts = TextBudget::default();
        let mut script = Script::default();
        let order = |key, type_name: Cow<'static, str>| EventOrder {
            time: ServerTime::from_unix_ms(0),
            key,
            type_name,
        };
        assert!(script.see(&order(1, "VmStartingEvent".into()), None, &mut texts));
        assert_eq!(script.text_bytes(), 0);
        let unknown = String::from("CustomizationFailedInTheFuture");
        assert!(script.see(
            &order(2, unknown.clone().into()),
            Some("web-1".into()),
            &mut texts
        ));
        assert_eq!(script.text_bytes(), 30 + 5);
        assert!(
            !script.see(&order(2, unknown.into()), None, &mut texts),
            "it is visible"
        );
    }
}
