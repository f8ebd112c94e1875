//! What a run tells: transitions as they happen, and a report with one row per VM.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::model::event::FailureDetails;
use crate::model::is_default;
use crate::model::status::{Conclusion, CustomizationStatus, Hint};
use crate::model::text::{cut, is_cut_label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// The format name of a report.
pub const REPORT_FORMAT: &str = "vm-customization-report/1";

/// One step of one VM. The transitions of a VM form a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Its number in the run, from 0 on. All transitions count, those that are no longer kept
    /// included, and a restore goes on with them: who takes over a run can tell what it has seen.
    #[serde(default)]
    pub n: u64,
    /// The managed object reference value of the VM.
    pub vm: String,
    /// The name of the VM as it was known then.
    pub name: Option<String>,
    /// The status before.
    pub from: CustomizationStatus,
    /// The status after.
    pub to: CustomizationStatus,
    /// Host time since the start of the run, in milliseconds.
    pub at_ms: u64,
    /// `Event.key` of the event that caused it; `None` for guest info and for an inferred step.
    pub event_key: Option<i32>,
    /// The attempt that it belongs to, from 1 on.
    pub attempt: u32,
    /// Whether nothing said so by itself: a result with no Started implies the start.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub inferred: bool,
}

/// The first failure of an attempt, in the order of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The bare event type name, or `TOOLSDEPLOYPKG_FAILED` when only guest info tells it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What the event says beside its type.
    #[serde(flatten)]
    pub details: FailureDetails,
    /// `Event.key` of the failure event.
    pub event_key: Option<i32>,
}

/// Why the host could not read the events of a VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadError {
    /// The kind of the failure.
    pub kind: ReadFailureKind,
    /// What the host said of it, or a sentence that fits the kind.
    pub message: String,
    /// Whether the message was longer than 4 KiB and is cut.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub truncated: bool,
}

/// The kind of a failure to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ReadFailureKind {
    /// The session is gone: log in again.
    NotAuthenticated,
    /// The account may not read.
    NoPermission,
    /// The object does not exist.
    NotFound,
    /// It may work in a while: network, 5xx, time-out.
    Transient,
    /// It will never work.
    Fatal,
}

impl ReadError {
    /// The error of a failure, its message cut to `max_bytes`, 4 KiB at most.
    pub(crate) fn of(kind: ReadFailureKind, message: Option<&str>, max_bytes: usize) -> Self {
        let max_bytes = max_bytes.min(MAX_STRING_BYTES);
        let (message, truncated) = cut(message.unwrap_or(kind.default_message()), max_bytes);
        Self {
            kind,
            message,
            truncated,
        }
    }
}

/// The name as reports have it.
impl fmt::Display for ReadFailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl ReadFailureKind {
    const fn default_message(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "the session is not authenticated",
            Self::NoPermission => {
                "the account may not read the events: it needs System.View on the VM or a parent"
            }
            Self::NotFound => "the object does not exist",
            Self::Transient => "the read failed for the moment",
            Self::Fatal => "the events cannot be read",
        }
    }
}

/// The row of one VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VmReport {
    /// The managed object reference value.
    pub vm: String,
    /// The name as given, else as the events have it. One longer than 4 KiB is cut and ends in `…`;
    /// as JSON the row then has `nameTruncated`.
    #[serde(flatten, serialize_with = "name_and_mark")]
    pub name: Option<String>,
    /// How far the customization has come.
    pub customization_status: CustomizationStatus,
    /// Why the VM is no longer waited for; `None` while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<Conclusion>,
    /// What only the default rules tell.
    #[serde(flatten)]
    pub details: Option<RowDetails>,
}

/// What a row has under the default rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowDetails {
    /// The current attempt, 0 while there is none.
    pub attempt: u32,
    /// The power-on that the attempt began with.
    pub powered_on_at: Option<ServerTime>,
    /// When customization started.
    pub started_at: Option<ServerTime>,
    /// When customization ended.
    pub finished_at: Option<ServerTime>,
    /// When the guest was ready, where that is waited for (rule D19).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<ServerTime>,
    /// The first failure of the attempt.
    pub failure: Option<Failure>,
    /// The likely reason that the VM gets no further.
    pub hint: Option<Hint>,
    /// Where the window of the VM opens, with the hint that it was powered on before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_opens_at: Option<ServerTime>,
    /// Whether a result was emitted that later changed.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub revised: bool,
    /// Whether guest info tells another result than the events.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub guest_info_disagrees: bool,
    /// Why the VM is unobservable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ReadError>,
}

/// The name, and whether it is cut.
#[expect(clippy::ref_option, reason = "serde passes fields so")]
fn name_and_mark<S: Serializer>(name: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut members = serializer.serialize_map(None)?;
    members.serialize_entry("name", name)?;
    if name.as_deref().is_some_and(is_cut_label) {
        members.serialize_entry("nameTruncated", &true)?;
    }
    members.end()
}

/// Everything that a run has to tell at one moment. As JSON it is `vm-customization-report/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "format",
    rename = "vm-customization-report/1",
    rename_all = "camelCase"
)]
pub struct Report {
    /// When the run ended, in milliseconds of host time since its start; `None` while it goes on.
    pub ended_at_ms: Option<u64>,
    /// A row per VM, in the order asked for.
    pub vms: Vec<VmReport>,
    /// Every transition emitted.
    pub transitions: Vec<Transition>,
    /// How many of the oldest transitions are no longer kept.
    #[serde(skip_serializing_if = "is_default")]
    pub transitions_dropped: u64,
    /// What was ignored, by reason.
    pub ignored: IgnoredCounts,
    /// What became of the reads.
    pub reading: Reading,
}

/// What became of the reads: it tells a run that saw nothing from one of VMs that are not done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// When the last complete read was answered, in milliseconds of host time since the start of the
    /// run; `None` when there was none.
    pub last_read_at_ms: Option<u64>,
    /// What reads have failed with since then.
    pub failure: Option<ReadingFailure>,
}

/// Why there was no complete read for a while: reads, and log-ins, that failed in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadingFailure {
    /// The kind of the latest failure.
    pub kind: ReadFailureKind,
    /// What the host said of it, or a sentence that fits the kind.
    pub message: String,
    /// Whether the message was longer than 4 KiB and is cut.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub truncated: bool,
    /// When the first of them came, in milliseconds of host time since the start of the run.
    pub since_ms: u64,
    /// How many there were.
    pub count: u64,
}

impl Reading {
    /// A complete read was answered.
    pub(crate) fn completed(&mut self, now_ms: u64) {
        self.last_read_at_ms = Some(now_ms);
        self.failure = None;
    }

    /// A read or a log-in failed.
    pub(crate) fn failed(&mut self, error: &ReadError, now_ms: u64) {
        let (since_ms, count) = self
            .failure
            .as_ref()
            .map_or((now_ms, 0), |failure| (failure.since_ms, failure.count));
        self.failure = Some(ReadingFailure {
            kind: error.kind,
            message: error.message.clone(),
            truncated: error.truncated,
            since_ms,
            count: count.saturating_add(1),
        });
    }
}

/// Why something that came in was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IgnoreReason {
    /// Its type has no part in customization, or is not known.
    OtherType,
    /// It names no VM.
    NoVm,
    /// It is of a VM that this monitor does not watch.
    OtherVm,
    /// It has no usable time: none, one without an offset, or not RFC 3339.
    NoTime,
    /// It is no event at all, or lacks its type or key.
    Malformed,
    /// It lies before the window.
    BeforeWindow,
    /// It was seen before.
    Duplicate,
    /// There was no room: 64 events are kept per VM, and it, or another for it, had to go.
    NoRoom,
    /// It is kept, without its texts: one monitor keeps 256 MiB of them.
    NoRoomForText,
    /// It came after the run had ended.
    AfterEnd,
    /// The rules of 2011 take no guest info.
    NotInRules,
}

/// How often what was ignored, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredCounts(BTreeMap<IgnoreReason, u64>);

impl IgnoredCounts {
    /// How often something was ignored for `reason`.
    pub fn count(&self, reason: IgnoreReason) -> u64 {
        self.0.get(&reason).copied().unwrap_or(0)
    }

    /// The reasons that occurred, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (IgnoreReason, u64)> + '_ {
        self.0.iter().map(|(reason, count)| (*reason, *count))
    }

    pub(crate) fn add(&mut self, reason: IgnoreReason) {
        self.add_times(reason, 1);
    }

    pub(crate) fn add_times(&mut self, reason: IgnoreReason, times: u64) {
        if times > 0 {
            let count = self.0.entry(reason).or_default();
            *count = count.saturating_add(times);
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (reason, times) in other.iter() {
            self.add_times(reason, times);
        }
    }
}
