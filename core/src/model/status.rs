//! The words of a report: status, conclusion, hint.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How far the guest customization of a VM has come, spelled as the script of 2011 spells it.
///
/// Exhaustive: a caller must handle each, and there will be no sixth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the five published names are the contract"
)]
pub enum CustomizationStatus {
    /// No power-on was seen.
    #[default]
    VmNotStarted,
    /// The VM was powered on; customization has not started.
    CustomizationNotStarted,
    /// Customization has started and has no result.
    CustomizationStarted,
    /// Customization succeeded.
    CustomizationSucceeded,
    /// Customization failed.
    CustomizationFailed,
}

impl CustomizationStatus {
    /// Every status, in the order in which a run passes through them.
    pub const ALL: [Self; 5] = [
        Self::VmNotStarted,
        Self::CustomizationNotStarted,
        Self::CustomizationStarted,
        Self::CustomizationSucceeded,
        Self::CustomizationFailed,
    ];

    /// The name as published.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VmNotStarted => "VmNotStarted",
            Self::CustomizationNotStarted => "CustomizationNotStarted",
            Self::CustomizationStarted => "CustomizationStarted",
            Self::CustomizationSucceeded => "CustomizationSucceeded",
            Self::CustomizationFailed => "CustomizationFailed",
        }
    }

    /// Whether this is a result: succeeded or failed.
    pub const fn is_result(self) -> bool {
        match self {
            Self::CustomizationSucceeded | Self::CustomizationFailed => true,
            Self::VmNotStarted | Self::CustomizationNotStarted | Self::CustomizationStarted => false,
        }
    }

    /// How many steps lie before this status; the two results are equally far.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::VmNotStarted => 0,
            Self::CustomizationNotStarted => 1,
            Self::CustomizationStarted => 2,
            Self::CustomizationSucceeded | Self::CustomizationFailed => 3,
        }
    }
}

impl fmt::Display for CustomizationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name as reports have it.
impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The name as reports have it.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Why a VM is no longer waited for. It never changes the status that the VM had reached.
///
/// Non-exhaustive: later rules may conclude a VM for reasons of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Conclusion {
    /// It has a result: succeeded or failed.
    Completed,
    /// A complete observation found no power-on.
    NotStarted,
    /// The deadline passed.
    TimedOut,
    /// It is no longer in the inventory.
    VmRemoved,
    /// The caller cancelled the run.
    Cancelled,
    /// The host could not read its events.
    Unobservable,
}

impl Conclusion {
    /// Whether the end of a run gives it to what is open.
    pub(crate) const fn is_by_end(self) -> bool {
        match self {
            Self::TimedOut | Self::Cancelled | Self::Unobservable => true,
            Self::Completed | Self::NotStarted | Self::VmRemoved => false,
        }
    }
}

/// The likely reason that a VM gets no further (rule D18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Hint {
    /// There was no complete read for a while, or none at all: nothing can be said of the guest.
    NotRead,
    /// It was powered on, and is off or suspended: the power-on failed, or somebody switched it off.
    PoweredOff,
    /// It runs, and was powered on before the window.
    PoweredOnEarlier,
    /// No power-on was seen, and it does not run as far as is known.
    NeverPoweredOn,
    /// Powered on, but no customization spec is pending.
    NothingPending,
    /// Powered on and a spec is pending: VMware Tools are missing, old or not running, or the spec came
    /// after the power-on and waits for the next one.
    PendingNotStarted,
    /// Powered on; whether a spec is pending is not known.
    NotStarted,
    /// Started, and no result came.
    StartedNoResult,
    /// Succeeded, and the guest is not ready as it is waited for (rule D19).
    NotReady,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::report::ReadFailureKind;
    use alloc::string::ToString;

    #[test]
    fn what_people_read_is_the_name_that_reports_have() {
        assert_eq!(Conclusion::VmRemoved.to_string(), "vmRemoved");
        assert_eq!(Hint::PendingNotStarted.to_string(), "pendingNotStarted");
        assert_eq!(ReadFailureKind::NotAuthenticated.to_string(), "notAuthenticated");
    }
}
