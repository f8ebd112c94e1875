//! Why a VM is no longer waited for, and when the run ends by the clock: D7, D8 and D10.
//!
//! Like the status, a conclusion follows from what is known, so it cannot depend on the order in
//! which things were learnt.

use serde::{Deserialize, Serialize};

use crate::model::protocol::DeadlineReason;
use crate::model::report::{ReadError, ReadFailureKind};
use crate::model::status::{Conclusion, CustomizationStatus};
use crate::model::text::{bytes_of, TextBudget, MAX_STRING_BYTES};
use crate::rules::assess::Assessment;

/// How long the last read may take, in milliseconds.
const LAST_READ_MS: u64 = 5000;

/// The access errors that the host reported of one VM. They are never withdrawn, only outranked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessError {
    /// The object does not exist.
    gone: bool,
    /// Its events cannot be read.
    unobservable: Option<ReadError>,
}

impl AccessError {
    /// Adds what the host reports; `false` when it was reported before.
    pub(crate) fn add(&mut self, error: &ReadError, texts: &mut TextBudget) -> bool {
        match error.kind {
            ReadFailureKind::NotFound => !core::mem::replace(&mut self.gone, true),
            ReadFailureKind::NoPermission
            | ReadFailureKind::Fatal
            | ReadFailureKind::NotAuthenticated
            | ReadFailureKind::Transient => {
                let is_new = self.unobservable.is_none();
                self.unobservable.get_or_insert_with(|| {
                    let kept = if texts.admits(0, error.message.len()) {
                        error.clone()
                    } else {
                        ReadError::of(error.kind, None, MAX_STRING_BYTES)
                    };
                    texts.replace(0, kept.message.len());
                    kept
                });
                is_new
            }
        }
    }

    pub(crate) fn text_bytes(&self) -> usize {
        bytes_of(self.unobservable.as_ref().map(|error| error.message.as_str()))
    }

    /// Whether the host gave the VM up: it is not read again, whatever outranks the error.
    pub(crate) fn is_given_up(&self) -> bool {
        self.gone || self.unobservable.is_some()
    }

    /// Why its events cannot be read.
    pub(crate) fn unobservable(&self) -> Option<&ReadError> {
        self.unobservable.as_ref()
    }
}

/// What the conclusion of one VM follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) assessment: &'a Assessment,
    pub(crate) access_error: &'a AccessError,
    /// Whether a read that was asked for since the VM is watched was complete.
    pub(crate) is_observed: bool,
    /// Whether a VM without a power-on is waited for until the deadline.
    pub(crate) wait_for_power_on: bool,
    /// Whether a success is all that is waited for: the guest is ready, or need not be (D19).
    pub(crate) is_ready: bool,
    /// How the end of the run concludes what is open.
    pub(crate) by_end: Option<Conclusion>,
}

/// The conclusion of one VM, in the order of precedence; `None` while it is waited for.
pub(crate) fn conclude(grounds: Grounds<'_>) -> Option<Conclusion> {
    let Grounds {
        assessment,
        access_error,
        is_observed,
        wait_for_power_on,
        is_ready,
        by_end,
    } = grounds;
    let is_complete = match assessment.status {
        CustomizationStatus::CustomizationFailed => true,
        CustomizationStatus::CustomizationSucceeded => is_ready,
        CustomizationStatus::VmNotStarted
        | CustomizationStatus::CustomizationNotStarted
        | CustomizationStatus::CustomizationStarted => false,
    };
    if is_complete {
        Some(Conclusion::Completed)
    } else if assessment.removed || access_error.gone {
        Some(Conclusion::VmRemoved)
    } else if access_error.unobservable.is_some() {
        Some(Conclusion::Unobservable)
    } else if assessment.attempt.is_none() && is_observed && !wait_for_power_on {
        Some(Conclusion::NotStarted)
    } else {
        by_end
    }
}

/// The one deadline of a run and the last read that is asked for at it, in milliseconds since the
/// start of the run (D10).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RunDeadline {
    /// `None` waits for ever.
    #[serde(skip)]
    timeout_ms: Option<u64>,
    /// When the last read was asked for: later than the deadline where the host called late.
    last_read_asked_ms: Option<u64>,
}

impl RunDeadline {
    pub(crate) fn new(timeout_ms: Option<u64>) -> Self {
        Self {
            timeout_ms,
            last_read_asked_ms: None,
        }
    }

    /// The same after a restore: a snapshot has the time-out among the options.
    pub(crate) fn restored(self, timeout_ms: Option<u64>) -> Self {
        Self { timeout_ms, ..self }
    }

    /// Whether the last read is to be asked for.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        self.last_read_asked_ms.is_none() && self.timeout_ms.is_some_and(|deadline_ms| now_ms >= deadline_ms)
    }

    pub(crate) fn ask_last_read(&mut self, now_ms: u64) {
        self.last_read_asked_ms = Some(now_ms);
    }

    pub(crate) fn last_read_asked_ms(&self) -> Option<u64> {
        self.last_read_asked_ms
    }

    /// When the run ends, whether the last read was answered or not.
    pub(crate) fn last_read_ends_ms(&self) -> Option<u64> {
        self.last_read_asked_ms
            .map(|asked_ms| asked_ms.saturating_add(LAST_READ_MS))
    }

    /// Whether a complete read that comes in now ends the run.
    pub(crate) fn ends_with_complete_read(&self, now_ms: u64) -> bool {
        self.last_read_asked_ms.is_some() || self.timeout_ms.is_some_and(|deadline_ms| now_ms > deadline_ms)
    }

    pub(crate) fn next_due(&self) -> Option<(u64, DeadlineReason)> {
        match (self.last_read_ends_ms(), self.timeout_ms) {
            (Some(end_ms), _) => Some((end_ms, DeadlineReason::LastRead)),
            (None, Some(deadline_ms)) => Some((deadline_ms, DeadlineReason::Deadline)),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_read_is_due_at_the_deadline_and_has_5_seconds() {
        let mut deadline = RunDeadline::new(Some(1000));
        assert!(!deadline.is_due(999));
        assert!(deadline.is_due(1000));
        assert!(!deadline.ends_with_complete_read(1000));
        assert!(deadline.ends_with_complete_read(1001));
        assert_eq!(deadline.next_due(), Some((1000, DeadlineReason::Deadline)));
        assert_eq!(deadline.last_read_asked_ms(), None);
        deadline.ask_last_read(1000);
        assert_eq!(deadline.last_read_asked_ms(), Some(1000));
        assert!(!deadline.is_due(1000));
        assert!(deadline.ends_with_complete_read(1000));
        assert_eq!(deadline.next_due(), Some((6000, DeadlineReason::LastRead)));
    }

    #[test]
    fn after_a_restore_the_last_read_is_the_one_that_was_asked_for_and_the_time_out_that_of_the_options() {
        let mut deadline = RunDeadline::new(Some(1000));
        deadline.ask_last_read(1500);
        let restored = deadline.restored(Some(2000));
        assert_eq!(restored.last_read_asked_ms(), Some(1500));
        assert!(RunDeadline::default().restored(Some(2000)).is_due(2000));
    }

    #[test]
    fn the_host_gives_a_vm_up_by_either_error_and_the_first_message_is_kept_and_counted() {
        let mut texts = TextBudget::default();
        let error = |kind, message| ReadError::of(kind, Some(message), MAX_STRING_BYTES);
        let mut gone = AccessError::default();
        assert!(!gone.is_given_up());
        assert!(gone.add(&error(ReadFailureKind::NotFound, "it is gone"), &mut texts));
        assert!(gone.is_given_up());
        assert_eq!(gone.text_bytes(), 0);
        let mut refused = AccessError::default();
        assert!(refused.add(&error(ReadFailureKind::NoPermission, "refused"), &mut texts));
        assert!(!refused.add(&error(ReadFailureKind::Fatal, "refused again"), &mut texts));
        assert!(refused.is_given_up());
        assert_eq!(refused.text_bytes(), "refused".len());
    }

    #[test]
    fn without_a_deadline_nothing_falls_due_at_any_time() {
        let deadline = RunDeadline::new(None);
        assert!(!deadline.is_due(u64::MAX));
        assert!(!deadline.ends_with_complete_read(u64::MAX));
        assert_eq!(deadline.next_due(), None);
    }
}
