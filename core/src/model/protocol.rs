//! What a monitor and its host say to each other.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

use crate::model::event::Event;
#[cfg(doc)]
use crate::model::event::EVENT_TYPES;
use crate::model::report::{IgnoredCounts, ReadFailureKind, Transition, VmReport};
use crate::model::status::Hint;
use crate::model::time::{HostTime, ServerTime};
#[cfg(doc)]
use crate::GuestInfo;
#[cfg(doc)]
use crate::Monitor;

/// The most events that a query asks for in one page.
pub const MAX_PAGE: u32 = 1000;

/// What a monitor tells its host or asks of it. Drain all of it after every input.
///
/// Non-exhaustive: a later release may tell more; ignore what you do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// A VM took a step.
    Transition(Transition),
    /// A VM is no longer waited for, or for another reason than the one emitted before.
    Concluded(Box<VmReport>),
    /// A VM that is waited for has been without a transition for long (rule D18).
    Stuck {
        /// The managed object reference value.
        vm: String,
        /// The likely reason.
        hint: Hint,
    },
    /// Read events. At most one read is open: this one takes the place of an earlier one.
    Read(EventQuery),
    /// Read properties, then call [`Monitor::handle_guest_answer`] (rule D19). At most one such read is open: this one takes
    /// the place of an earlier one.
    ReadGuestInfo(GuestInfoQuery),
    /// Log in again, then call [`Monitor::handle_logged_in`].
    LogIn,
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventQuery {
    /// The managed object reference values of the VMs.
    pub vms: Vec<String>,
    /// Events at or after this server time.
    pub since: ServerTime,
    /// The concrete event types: [`EVENT_TYPES`].
    pub types: &'static [&'static str],
    /// How many events to ask for in one page. A page as full as this is not the end.
    pub max_count: u32,
    /// Why.
    pub reason: ReadReason,
    /// How long the read may take; `None` leaves it to the host.
    #[serde(rename = "timeoutMs", serialize_with = "in_ms")]
    pub timeout: Option<Duration>,
}

#[expect(clippy::ref_option, reason = "serde passes fields so")]
fn in_ms<S: Serializer>(timeout: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    timeout.map(|timeout| timeout.as_millis()).serialize(serializer)
}

/// Whose properties to read: those of [`GuestInfo`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuestInfoQuery {
    /// The number of this read in the run, which goes with the answer.
    pub number: u32,
    /// The managed object reference values of the VMs.
    pub vms: Vec<String>,
}

/// Why a read is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ReadReason {
    /// The run starts.
    Start,
    /// The time between two safety reads has passed.
    Poll,
    /// A read failed a while ago.
    Retry,
    /// The host has logged in again.
    LoggedIn,
    /// A VM dropped out of the read; the others are read on.
    VmDropped,
    /// The deadline is there: the last read.
    Deadline,
    /// A pass of the published rules is due.
    Pass,
    /// The monitor was restored with a read open.
    Restored,
    /// VMs came to those watched.
    VmsChanged,
}

/// When to call [`Monitor::handle_timeout`], and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The moment, by the clock whose times the caller passes in.
    #[serde(rename = "atMs")]
    pub at: HostTime,
    /// What falls due then.
    pub reason: DeadlineReason,
}

/// What falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum DeadlineReason {
    /// The next safety read.
    Read,
    /// The next try after a failure.
    Retry,
    /// The deadline of the run.
    Deadline,
    /// The end of the time that the last read has.
    LastRead,
    /// The next pass of the published rules.
    Pass,
    /// A VM will have been without a transition for long.
    Stuck,
    /// The next read of properties (rule D19).
    GuestInfo,
}

/// Whether a page of events completes an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a page either completes an observation or does not"
)]
pub enum Completeness {
    /// With this page the events of all VMs of the query were read.
    Complete,
    /// More pages follow, or a push source brought it.
    Partial,
}

/// Events, decoded by the host or by [`decode`](crate::wire::decode).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, in any order.
    pub events: Vec<Event>,
    /// Whether the page completes an observation.
    pub completeness: Completeness,
}

/// A failure to read. It is never a result of customization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a read failure")]
pub struct ReadFailure {
    /// What kind of failure.
    pub kind: ReadFailureKind,
    /// The VM that it concerns; `None` when it concerns the read as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm: Option<String>,
    /// What to tell people; without it a sentence that fits the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl ReadFailure {
    /// That of a document whose last line is cut off.
    pub(crate) fn cut_off() -> Self {
        Self {
            kind: ReadFailureKind::Transient,
            vm: None,
            message: Some("the document of events is cut off in its last line".into()),
        }
    }
}

/// An item of a document that should be an event and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadItem {
    /// Where it stands: `item 3`, or `line 3` where each line is a document.
    pub place: String,
    /// What is wrong with it.
    pub message: String,
}

/// What became of one document or page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ingested {
    /// Events that were new and are kept.
    pub accepted: u64,
    /// What was ignored, by reason.
    pub ignored: IgnoredCounts,
    /// Items that should be events and cannot be used, with their places: the first 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<BadItem>,
    /// Why the document completes nothing: its last line is cut off. Where it was fed as complete,
    /// that has counted as this failed read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ReadFailure>,
}

/// Whether the time between a snapshot and its restore counts towards the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "time counts or it does not")]
pub enum TimeDown {
    /// It counts: the deadline stays where it was.
    Counts,
    /// It does not: the deadline moves by that time.
    Excluded,
}
