//! From what was told of a VM to what is known now, as steps of a chain.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::status::CustomizationStatus;
use crate::rules::assess::{Assessment, Attempt, Cause};

/// What was last told of a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LastEmitted {
    pub(crate) status: CustomizationStatus,
    pub(crate) attempt: u32,
    /// When the last transition was told, in milliseconds since the start of the run.
    pub(crate) at_ms: u64,
}

/// One step to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) to: CustomizationStatus,
    pub(crate) attempt: u32,
    pub(crate) cause: Cause,
}

/// The steps from what was told to what `known` says: none skipped on the way forward, one on a
/// way back.
pub(crate) fn steps(told: LastEmitted, known: &Assessment) -> Vec<Step> {
    use CustomizationStatus::{CustomizationNotStarted, CustomizationStarted};

    let Some(attempt) = &known.attempt else {
        return Vec::new();
    };
    let number = attempt.begin.number;
    let step = |to| Step {
        to,
        attempt: number,
        cause: cause(attempt, to),
    };
    if number == told.attempt && known.status == told.status {
        return Vec::new();
    }
    let is_new_attempt = number > told.attempt;
    let is_forward = is_new_attempt || (number == told.attempt && known.status.rank() > told.status.rank());
    if !is_forward {
        return [step(known.status)].into();
    }
    [CustomizationNotStarted, CustomizationStarted, known.status]
        .into_iter()
        .filter(|to| to.rank() < known.status.rank() || *to == known.status)
        .filter(|to| is_new_attempt || to.rank() > told.status.rank())
        .fold(Vec::new(), |mut path, to| {
            if path.last().is_none_or(|last: &Step| last.to != to) {
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
