//! From what was last emitted of a VM to what is known now, as steps of a chain.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::status::CustomizationStatus;
use crate::rules::assess::{Assessment, Attempt, Cause};

/// The state of a VM that was last emitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LastEmitted {
    pub(crate) status: CustomizationStatus,
    pub(crate) attempt: u32,
    /// When the last transition was emitted, in milliseconds since the start of the run.
    pub(crate) at_ms: u64,
}

/// One transition to emit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransitionStep {
    pub(crate) to: CustomizationStatus,
    pub(crate) attempt: u32,
    pub(crate) cause: Cause,
}

/// The steps from the state last emitted to what `known` says: none skipped on the way forward, one on a
/// way back.
pub(crate) fn steps(last: LastEmitted, known: &Assessment) -> Vec<TransitionStep> {
    use CustomizationStatus::{CustomizationNotStarted, CustomizationStarted};

    let Some(attempt) = &known.attempt else {
        return Vec::new();
    };
    let number = attempt.begin.number;
    let step = |to| TransitionStep {
        to,
        attempt: number,
        cause: cause(attempt, to),
    };
    if number == last.attempt && known.status == last.status {
        return Vec::new();
    }
    let is_new_attempt = number > last.attempt;
    let is_forward = is_new_attempt || (number == last.attempt && known.status.rank() > last.status.rank());
    if !is_forward {
        return [step(known.status)].into();
    }
    [CustomizationNotStarted, CustomizationStarted, known.status]
        .into_iter()
        .filter(|to| to.rank() < known.status.rank() || *to == known.status)
        .filter(|to| is_new_attempt || to.rank() > last.status.rank())
        .fold(Vec::new(), |mut path, to| {
            if path.last().is_none_or(|step: &TransitionStep| step.to != to) {
                path.push(step(to));
            }
            path
        })
}

fn cause(attempt: &Attempt, to: CustomizationStatus) -> Cause {
    match to {
        CustomizationStatus::VmNotStarted | CustomizationStatus::CustomizationNotStarted => attempt.opened_by,
        CustomizationStatus::CustomizationStarted => attempt.started_by,
        CustomizationStatus::CustomizationSucceeded | CustomizationStatus::CustomizationFailed => {
            attempt.finished_by
        }
    }
}
