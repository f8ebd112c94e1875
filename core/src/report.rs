//! What a run tells: transitions as they happen, and a report with one row per VM.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::event::FailureDetails;
use crate::status::{Conclusion, CustomizationStatus, Hint};
use crate::text::is_cut_label;
use crate::time::ServerTime;

/// The format name of a report.
pub const REPORT_FORMAT: &str = "vm-customization-report/1";

/// One step of one VM. The transitions of a VM form a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// The managed object reference value of the VM.
    pub vm: String,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The bare event type name, or `TOOLSDEPLOYPKG_FAILED` when only guest info tells it.
    pub type_name: String,
    /// What the event says beside its type.
    pub details: FailureDetails,
    /// `Event.key` of the failure event.
    pub event_key: Option<i32>,
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let details = &self.details;
        let fields = 7 + usize::from(details.truncated);
        let mut json = serializer.serialize_struct("Failure", fields)?;
        json.serialize_field("type", &self.type_name)?;
        json.serialize_field("reason", &details.reason)?;
        json.serialize_field("logLocation", &details.log_location)?;
        json.serialize_field("sysprepVersion", &details.sysprep_version)?;
        json.serialize_field("systemVersion", &details.system_version)?;
        json.serialize_field("message", &details.message)?;
        json.serialize_field("eventKey", &self.event_key)?;
        if details.truncated {
            json.serialize_field("truncated", &true)?;
        }
        json.end()
    }
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

impl ReadFailureKind {
    pub(crate) const fn default_message(self) -> &'static str {
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmReport {
    /// The managed object reference value.
    pub vm: String,
    /// The name as given, else as the events have it. One longer than 4 KiB is cut and ends in `…`;
    /// as JSON the row then has `nameTruncated`.
    pub name: Option<String>,
    /// How far the customization has come.
    pub customization_status: CustomizationStatus,
    /// Why the VM is no longer waited for; `None` while it is.
    pub conclusion: Option<Conclusion>,
    /// What only the default rules tell.
    pub details: Option<RowDetails>,
}

/// What a row has under the default rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowDetails {
    /// The current attempt, 0 while there is none.
    pub attempt: u32,
    /// The power-on that the attempt began with.
    pub powered_on_at: Option<ServerTime>,
    /// When customization started.
    pub started_at: Option<ServerTime>,
    /// When customization ended.
    pub finished_at: Option<ServerTime>,
    /// The first failure of the attempt.
    pub failure: Option<Failure>,
    /// The likely reason that the VM gets no further.
    pub hint: Option<Hint>,
    /// Whether a result was told that later changed.
    pub revised: bool,
    /// Whether guest info tells another result than the events.
    pub guest_info_disagrees: bool,
    /// Why the VM is unobservable.
    pub error: Option<ReadError>,
}

impl Serialize for VmReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("VmReport", 14)?;
        json.serialize_field("vm", &self.vm)?;
        json.serialize_field("name", &self.name)?;
        if self.name.as_deref().is_some_and(is_cut_label) {
            json.serialize_field("nameTruncated", &true)?;
        }
        json.serialize_field("customizationStatus", &self.customization_status)?;
        if let Some(conclusion) = &self.conclusion {
            json.serialize_field("conclusion", conclusion)?;
        }
        if let Some(details) = &self.details {
            json.serialize_field("attempt", &details.attempt)?;
            json.serialize_field("poweredOnAt", &details.powered_on_at)?;
            json.serialize_field("startedAt", &details.started_at)?;
            json.serialize_field("finishedAt", &details.finished_at)?;
            json.serialize_field("failure", &details.failure)?;
            json.serialize_field("hint", &details.hint)?;
            if details.revised {
                json.serialize_field("revised", &true)?;
            }
            if details.guest_info_disagrees {
                json.serialize_field("guestInfoDisagrees", &true)?;
            }
            if let Some(error) = &details.error {
                json.serialize_field("error", error)?;
            }
        }
        json.end()
    }
}

/// Everything that a run has to tell at one moment. As JSON it is `vm-customization-report/1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When the run ended, in milliseconds of host time since its start; `None` while it goes on.
    pub ended_at_ms: Option<u64>,
    /// A row per VM, in the order asked for.
    pub vms: Vec<VmReport>,
    /// Every transition told.
    pub transitions: Vec<Transition>,
    /// How many of the oldest transitions are no longer kept.
    pub transitions_dropped: u64,
    /// What was ignored, by reason.
    pub ignored: IgnoredCounts,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Report", 6)?;
        json.serialize_field("format", REPORT_FORMAT)?;
        json.serialize_field("endedAtMs", &self.ended_at_ms)?;
        json.serialize_field("vms", &self.vms)?;
        json.serialize_field("transitions", &self.transitions)?;
        if self.transitions_dropped > 0 {
            json.serialize_field("transitionsDropped", &self.transitions_dropped)?;
        }
        json.serialize_field("ignored", &self.ignored)?;
        json.end()
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
    /// It came after the run had ended.
    AfterEnd,
    /// The rules of 2011 take no second signal.
    NotInRules,
}

/// How often what was ignored, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
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
            *self.0.entry(reason).or_insert(0) += times;
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (reason, count) in other.iter() {
            self.add_times(reason, count);
        }
    }
}
