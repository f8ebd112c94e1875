//! D19: whether the guest of a VM is ready to use after its customization succeeded, and when to read the
//! properties that tell it.
//!
//! Times in milliseconds are host time since the start of the run.

use serde::{Deserialize, Serialize};

use crate::model::status::CustomizationStatus;
use crate::model::time::ServerTime;
use crate::rules::assess::Assessment;

/// How long after an answer the next read is asked for.
const READ_INTERVAL_MS: u64 = 5000;

/// How long after it was asked for a read without an answer is asked for again.
const UNANSWERED_MS: u64 = 30_000;

/// How far one VM is on its way from success to ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Readiness {
    /// The attempt that succeeded; `None` while the VM is not so far.
    attempt: Option<u32>,
    /// The key of the newest power-on: another one begins the settling anew.
    newest_power_on: Option<i32>,
    settling_since_ms: Option<u64>,
    ready_at: Option<ServerTime>,
    /// Whether a read was asked for since the result was seen.
    #[serde(skip)]
    is_asked: bool,
}

impl Readiness {
    /// Follows what is known of the VM; answers whether it succeeded just now.
    pub(crate) fn follow(&mut self, known: &Assessment) -> bool {
        let attempt = known
            .attempt
            .as_ref()
            .filter(|_| known.status == CustomizationStatus::CustomizationSucceeded)
            .map(|attempt| attempt.begin.number);
        if attempt != self.attempt {
            *self = Self {
                attempt,
                newest_power_on: known.newest_power_on,
                ..Self::default()
            };
            return attempt.is_some();
        }
        if known.newest_power_on != self.newest_power_on {
            self.newest_power_on = known.newest_power_on;
            self.settling_since_ms = None;
        }
        false
    }

    /// Whether the VM succeeded and its guest is not ready.
    pub(crate) fn is_awaited(&self) -> bool {
        self.attempt.is_some() && self.ready_at.is_none()
    }

    pub(crate) fn ready_at(&self) -> Option<ServerTime> {
        self.ready_at
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked
    }

    pub(crate) fn ask(&mut self) {
        self.is_asked = true;
    }

    /// Takes in what an answer shows, at server time `server_now`; answers whether the guest became ready with it.
    pub(crate) fn answer(
        &mut self,
        is_ready: Option<bool>,
        settle_ms: u64,
        server_now: ServerTime,
        now_ms: u64,
    ) -> bool {
        match is_ready {
            Some(true) if self.is_awaited() => {
                let since_ms = *self.settling_since_ms.get_or_insert(now_ms);
                let is_settled = now_ms.saturating_sub(since_ms) >= settle_ms;
                self.ready_at = is_settled.then_some(server_now);
                is_settled
            }
            Some(false) => {
                self.settling_since_ms = None;
                false
            }
            Some(true) | None => false,
        }
    }

    /// When the settling that is under way can be over.
    pub(crate) fn settles_ms(&self, settle_ms: u64) -> Option<u64> {
        self.settling_since_ms
            .map(|since_ms| since_ms.saturating_add(settle_ms))
    }
}

/// When to read the properties of those that succeeded and are not ready: one read for all, never two at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ReadinessReads {
    /// The number of the last one that was asked for.
    last: u32,
    /// Whether it is not answered. A restore asks anew.
    #[serde(skip)]
    is_open: bool,
    #[serde(skip)]
    due_ms: u64,
    /// Whether the next one follows as soon as none is open.
    #[serde(skip)]
    is_wanted: bool,
}

impl ReadinessReads {
    /// A VM succeeded, or the last read of the run is asked for.
    pub(crate) fn want(&mut self) {
        self.is_wanted = true;
    }

    /// The last read of the run is there: one more, unless one is open.
    pub(crate) fn want_last(&mut self) {
        self.is_wanted |= !self.is_open;
    }

    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        self.due_ms <= now_ms || (self.is_wanted && !self.is_open)
    }

    pub(crate) fn due_ms(&self) -> u64 {
        self.due_ms
    }

    /// Answers the number of the read that is asked for.
    pub(crate) fn ask(&mut self, now_ms: u64) -> u32 {
        *self = Self {
            last: self.last.saturating_add(1),
            is_open: true,
            due_ms: now_ms.saturating_add(UNANSWERED_MS),
            is_wanted: false,
        };
        self.last
    }

    /// Answers whether the one with this number was open.
    pub(crate) fn answered(&mut self, number: u32, now_ms: u64) -> bool {
        let is_answer = self.is_open && self.last == number;
        if is_answer {
            self.is_open = false;
            self.due_ms = now_ms.saturating_add(READ_INTERVAL_MS);
        }
        is_answer
    }

    /// Leaves out the reads before `until_ms`.
    pub(crate) fn put_off(&mut self, until_ms: u64) {
        let interval_ms = if self.is_open {
            UNANSWERED_MS
        } else {
            READ_INTERVAL_MS
        };
        let left_out = until_ms.saturating_sub(self.due_ms).div_ceil(interval_ms);
        self.due_ms = self.due_ms.saturating_add(left_out.saturating_mul(interval_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::event::EventOrder;
    use crate::rules::assess::{Attempt, Begin, Cause};

    #[test]
    fn a_read_follows_5_s_after_an_answer_and_30_s_after_one_that_has_none() {
        let mut reads = ReadinessReads::default();
        assert!(reads.is_due(0));
        assert_eq!(reads.ask(1000), 1);
        assert!(!reads.is_due(30_999));
        assert!(reads.is_due(31_000));
        assert_eq!(reads.ask(31_000), 2);
        assert!(!reads.answered(1, 31_500), "the first one is given up");
        assert!(reads.answered(2, 32_000));
        assert!(!reads.answered(2, 32_000), "it is answered");
        assert!(!reads.is_due(36_999));
        assert!(reads.is_due(37_000));
    }

    #[test]
    fn a_vm_that_succeeds_is_read_at_once_but_never_beside_a_read_that_is_open() {
        let mut reads = ReadinessReads::default();
        let number = reads.ask(0);
        reads.want();
        assert!(!reads.is_due(1));
        assert!(reads.answered(number, 2));
        assert!(reads.is_due(2));
        let number = reads.ask(2);
        assert!(reads.answered(number, 3));
        assert!(!reads.is_due(4));
        reads.want();
        assert!(reads.is_due(4));
    }

    #[test]
    fn with_the_last_read_of_the_run_there_is_one_more_unless_one_is_open() {
        let mut reads = ReadinessReads::default();
        let number = reads.ask(0);
        reads.want_last();
        assert!(reads.answered(number, 1000));
        assert!(!reads.is_due(1001));
        reads.want_last();
        assert!(reads.is_due(1001));
    }

    #[test]
    fn reads_that_are_left_out_change_nothing_of_when_the_next_is_due() {
        let mut reads = ReadinessReads::default();
        let number = reads.ask(0);
        reads.put_off(30_001);
        assert_eq!(reads.due_ms(), 60_000);
        assert!(reads.answered(number, 61_000));
        for (until_ms, due_ms) in [
            (65_999, 66_000),
            (66_000, 66_000),
            (66_001, 71_000),
            (85_000, 86_000),
        ] {
            reads.put_off(until_ms);
            assert_eq!(reads.due_ms(), due_ms, "{until_ms}");
        }
    }

    #[test]
    fn only_a_power_on_that_was_not_before_begins_the_settling_anew() {
        let by = Cause {
            event_key: None,
            inferred: true,
        };
        let succeeded = |newest_power_on| Assessment {
            status: CustomizationStatus::CustomizationSucceeded,
            newest_power_on: Some(newest_power_on),
            attempt: Some(Attempt {
                begin: Begin {
                    number: 1,
                    order: EventOrder {
                        time: ServerTime::default(),
                        key: 5,
                        type_name: "VmStartingEvent".into(),
                    },
                },
                powered_on_at: None,
                started_at: None,
                finished_at: None,
                opened_by: by,
                started_by: by,
                finished_by: by,
                result_order: None,
                failed_in_guest: None,
                guest_info_disagrees: false,
            }),
            ..Assessment::default()
        };
        let mut vm = Readiness::default();
        assert!(vm.follow(&succeeded(5)));
        assert!(!vm.answer(Some(true), 30_000, ServerTime::default(), 1000));
        assert!(!vm.follow(&succeeded(5)));
        assert_eq!(vm.settles_ms(30_000), Some(31_000));
        assert!(!vm.follow(&succeeded(9)));
        assert_eq!(vm.settles_ms(30_000), None);
    }

    #[test]
    fn a_guest_settles_once_from_the_first_answer_that_shows_it_ready() {
        let mut vm = Readiness {
            attempt: Some(1),
            ..Readiness::default()
        };
        assert!(!vm.is_asked());
        vm.ask();
        assert!(vm.is_asked());
        assert_eq!(vm.settles_ms(30_000), None);
        let mut answer = |at_ms| vm.answer(Some(true), 30_000, ServerTime::from_unix_ms(7), at_ms);
        assert!(!answer(1000));
        assert!(!answer(30_999));
        assert!(answer(31_000));
        assert!(!answer(61_000), "it is ready");
        assert_eq!(vm.settles_ms(30_000), Some(31_000));
        assert_eq!(vm.ready_at(), Some(ServerTime::from_unix_ms(7)));
    }
}
