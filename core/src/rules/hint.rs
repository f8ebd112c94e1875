//! D18: the likely reason that a VM gets no further.

use crate::model::guest_info::{GuestHistory, PowerState};
use crate::model::status::{Conclusion, CustomizationStatus, Hint};
use crate::rules::assess::Assessment;
use crate::rules::time_window::TimeWindow;

/// The least time without a complete read after which nothing can be said of a guest, in milliseconds.
const UNREAD_AT_LEAST_MS: u64 = 60_000;

/// How long after a complete read the next one must come for it to count as read, in milliseconds.
pub(crate) fn unread_after_ms(poll_interval_ms: u64) -> u64 {
    poll_interval_ms.saturating_mul(2).max(UNREAD_AT_LEAST_MS)
}

/// What the hint of one VM follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HintGrounds<'a> {
    pub(crate) assessment: &'a Assessment,
    pub(crate) conclusion: Option<Conclusion>,
    pub(crate) guest: &'a GuestHistory,
    /// That of the VM.
    pub(crate) window: &'a TimeWindow,
    /// Whether the last complete read of it is too long ago, or there was none.
    pub(crate) is_unread: bool,
}

/// The hint of one VM that is open, timed out or not started; `None` for others.
pub(crate) fn hint(grounds: HintGrounds<'_>) -> Option<Hint> {
    match grounds.conclusion {
        // First what makes all else idle.
        None | Some(Conclusion::TimedOut) if grounds.is_unread => Some(Hint::NotRead),
        None | Some(Conclusion::TimedOut | Conclusion::NotStarted) => hint_of_guest(&grounds),
        Some(
            Conclusion::Completed | Conclusion::VmRemoved | Conclusion::Cancelled | Conclusion::Unobservable,
        ) => None,
    }
}

/// Never blames VMware Tools while the VM is off.
fn hint_of_guest(grounds: &HintGrounds<'_>) -> Option<Hint> {
    match grounds.assessment.status {
        CustomizationStatus::VmNotStarted => Some(hint_without_power_on(grounds)),
        CustomizationStatus::CustomizationNotStarted
        | CustomizationStatus::CustomizationStarted
        | CustomizationStatus::CustomizationSucceeded
            if is_off_again(grounds) =>
        {
            Some(Hint::PoweredOff)
        }
        CustomizationStatus::CustomizationNotStarted => Some(hint_before_start(grounds.guest)),
        CustomizationStatus::CustomizationStarted => Some(Hint::StartedNoResult),
        // It would be completed otherwise (D19).
        CustomizationStatus::CustomizationSucceeded => Some(Hint::NotReady),
        CustomizationStatus::CustomizationFailed => None,
    }
}

/// Whether a VM with an attempt is off. One that is suspended was on; it is off where it was seen to
/// be switched on, too.
fn is_off_again(grounds: &HintGrounds<'_>) -> bool {
    let attempt = grounds.assessment.attempt.as_ref();
    match power(grounds) {
        Some(PowerState::PoweredOff) => true,
        Some(PowerState::Suspended) => attempt.is_some_and(|attempt| attempt.powered_on_at.is_some()),
        Some(PowerState::PoweredOn) | None => false,
    }
}

fn hint_without_power_on(grounds: &HintGrounds<'_>) -> Hint {
    let since = grounds.assessment.power_reports_before;
    match (power(grounds), grounds.guest.boot_time(since)) {
        (None | Some(PowerState::PoweredOff), _) => Hint::NeverPoweredOn,
        // Powered on, though no event tells of it.
        (Some(PowerState::PoweredOn | PowerState::Suspended), Some(booted))
            if booted >= grounds.window.opens =>
        {
            hint_before_start(grounds.guest)
        }
        (Some(PowerState::PoweredOn | PowerState::Suspended), _) => Hint::PoweredOnEarlier,
    }
}

fn power(grounds: &HintGrounds<'_>) -> Option<PowerState> {
    grounds.guest.power(grounds.assessment.power_reports_before)
}

fn hint_before_start(guest: &GuestHistory) -> Hint {
    match guest.pending() {
        Some(true) => Hint::PendingNotStarted,
        Some(false) => Hint::NothingPending,
        None => Hint::NotStarted,
    }
}
