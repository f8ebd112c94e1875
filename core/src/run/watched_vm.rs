//! What a run under the default rules knows of one VM, and what it has emitted of it.

use serde::{Deserialize, Serialize};

use crate::model::event::EventOrder;
use crate::model::is_default;
use crate::model::options::Options;
use crate::model::status::{Conclusion, CustomizationStatus, Hint};
use crate::model::time::ServerTime;
use crate::rules::assess::Assessment;
use crate::rules::conclusion::{conclude, AccessError, Grounds};
use crate::rules::hint::{hint, HintGrounds};
use crate::rules::history::History;
use crate::rules::readiness::Readiness;
use crate::rules::time_window::TimeWindow;
use crate::rules::transitions::LastEmitted;

/// The result emitted last, to notice when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EmittedResult {
    status: CustomizationStatus,
    attempt: u32,
    /// Its place in the order of events; `None` when guest info brought it.
    order: Option<EventOrder>,
}

/// A VM that came to the run on the way, or came back: it has a window and a start of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Added {
    pub(super) window: ServerTime,
    pub(super) start: ServerTime,
    /// Whether a read was asked for that names it.
    pub(super) asked: bool,
    /// Whether such a read was complete.
    pub(super) observed: bool,
}

impl Added {
    pub(super) const fn now(window: &TimeWindow) -> Self {
        Self {
            window: window.opens,
            start: window.start,
            asked: false,
            observed: false,
        }
    }
}

/// One VM. The aliases are the names in snapshots of format 1.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WatchedVm {
    pub(super) history: History,
    #[serde(alias = "told")]
    pub(super) last_emitted: LastEmitted,
    #[serde(alias = "toldResult")]
    emitted_result: Option<EmittedResult>,
    pub(super) revised: bool,
    #[serde(alias = "hostWord")]
    pub(super) access_error: AccessError,
    /// How the end of the run concluded it, where nothing else did.
    pub(super) concluded_by_end: Option<Conclusion>,
    /// The hint emitted since the last transition. A snapshot of format 1 does not tell which it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) emitted_hint: Option<Hint>,
    /// `None` for those of the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) added: Option<Added>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) readiness: Readiness,
    #[serde(skip)]
    pub(super) known: Assessment,
    #[serde(skip)]
    pub(super) conclusion: Option<Conclusion>,
}

impl WatchedVm {
    /// A VM of which nothing is known at `now_ms`.
    pub(super) fn new(now_ms: u64, added: Option<Added>) -> Self {
        Self {
            last_emitted: LastEmitted {
                at_ms: now_ms,
                ..LastEmitted::default()
            },
            added,
            ..Self::default()
        }
    }

    /// Whether a run at `now_ms`, over or not, can have it. Its status and its conclusion follow from what is known.
    pub(super) fn can_be(&self, now_ms: u64, is_over: bool) -> bool {
        let by_end = self.concluded_by_end;
        self.last_emitted.at_ms <= now_ms && by_end.is_none_or(|by_end| is_over && by_end.is_by_end())
    }

    pub(super) fn text_bytes(&self) -> usize {
        self.history.text_bytes() + self.access_error.text_bytes()
    }

    /// Whether there was a complete observation of it, where there was one `of_run`.
    pub(super) fn is_observed(&self, of_run: bool) -> bool {
        self.added.as_ref().map_or(of_run, |added| added.observed)
    }

    /// Where its window opens and where it starts (D1, D2), where the run's window is `of_run`.
    pub(super) fn window(&self, of_run: &TimeWindow) -> TimeWindow {
        self.added.as_ref().map_or_else(
            || of_run.clone(),
            |added| TimeWindow {
                opens: added.window,
                start: added.start,
                attempts: of_run.attempts,
            },
        )
    }

    /// Whether a read names this VM: not when it is removed, nor when the host said that it
    /// cannot be read.
    pub(super) fn is_readable(&self) -> bool {
        !self.access_error.is_given_up() && self.conclusion != Some(Conclusion::VmRemoved)
    }

    /// Whether no read was asked for yet that names it.
    pub(super) fn awaits_first_read(&self) -> bool {
        self.added.as_ref().is_some_and(|added| !added.asked) && self.is_readable()
    }

    /// Whether a read of properties names it (D19).
    pub(super) fn awaits_ready_guest(&self, options: &Options) -> bool {
        options.ready.is_some() && self.readiness.is_awaited() && self.is_readable()
    }

    /// The conclusion by what is known, where the VMs of the start were `observed`.
    pub(super) fn conclude(&self, observed: bool, options: &Options) -> Option<Conclusion> {
        conclude(Grounds {
            assessment: &self.known,
            access_error: &self.access_error,
            is_observed: self.is_observed(observed),
            wait_for_power_on: options.wait_for_power_on,
            is_ready: options.ready.is_none() || self.readiness.ready_at().is_some(),
            by_end: self.concluded_by_end,
        })
    }

    /// The hint by what is known, where the VMs of the start were `observed` and the last complete
    /// read `is_unread`: too long ago.
    pub(super) fn hint(&self, of_run: &TimeWindow, observed: bool, is_unread: bool) -> Option<Hint> {
        hint(HintGrounds {
            assessment: &self.known,
            conclusion: self.conclusion,
            guest: &self.history.guest,
            window: &self.window(of_run),
            is_unread: is_unread || !self.is_observed(observed),
        })
    }

    /// D5: a result that was emitted and then changed. A later attempt takes nothing from the
    /// result of the one before it.
    pub(super) fn note_result(&mut self) {
        let attempt = self.known.attempt.as_ref();
        let number = attempt.map_or(0, |attempt| attempt.begin.number);
        if let Some(emitted) = &self.emitted_result {
            let is_later_attempt = number > emitted.attempt
                && attempt.is_some_and(|attempt| {
                    emitted
                        .order
                        .as_ref()
                        .is_none_or(|order| attempt.begin.order > *order)
                });
            if is_later_attempt {
                self.emitted_result = None;
                self.revised = false;
            } else if emitted.status != self.known.status {
                self.revised = true;
            }
        }
        if self.known.status.is_result() {
            self.emitted_result = Some(EmittedResult {
                status: self.known.status,
                attempt: number,
                order: attempt.and_then(|attempt| attempt.result_order.clone()),
            });
        }
    }
}
