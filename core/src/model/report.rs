//! What a run tells: transitions as they happen, and a report with one row per VM.

use alloc::string::String;
use alloc::vec::Vec;

use crate::fields::{deserialize, document, object, serialize, words, Fields, Read, Slot, Table};
use crate::model::event::FailureDetails;
use crate::model::status::{Conclusion, CustomizationStatus, Hint};
use crate::model::text::is_cut_label;
use crate::model::time::ServerTime;
use crate::view::{to_json, written, Member, Members, View, Write};

/// The format name of a report.
pub const REPORT_FORMAT: &str = "vm-customization-report/1";

/// One step of one VM. The transitions of a VM form a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub inferred: bool,
}

document!(Transition {
    "vm" => vm,
    "from" => from,
    "to" => to,
    "atMs" => at_ms,
    "eventKey" => event_key = None,
    "attempt" => attempt,
    "inferred" if present => inferred = false,
});

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

written!(Failure {
    "type" => type_name,
    "reason" => details.reason,
    "logLocation" => details.log_location,
    "sysprepVersion" => details.sysprep_version,
    "systemVersion" => details.system_version,
    "message" => details.message,
    "eventKey" => event_key,
    "truncated" if present => details.truncated,
});

serialize!(Failure);

/// Why the host could not read the events of a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The kind of the failure.
    pub kind: ReadFailureKind,
    /// What the host said of it, or a sentence that fits the kind.
    pub message: String,
    /// Whether the message was longer than 4 KiB and is cut.
    pub truncated: bool,
}

document!(ReadError {
    "kind" => kind,
    "message" => message,
    "truncated" if present => truncated = false,
});

/// The kind of a failure to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

words!(ReadFailureKind {
    "notAuthenticated" => NotAuthenticated,
    "noPermission" => NoPermission,
    "notFound" => NotFound,
    "transient" => Transient,
    "fatal" => Fatal,
});

deserialize!(
    Transition,
    ReadError,
    ReadFailureKind,
    IgnoreReason,
    IgnoredCounts
);

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

written!(RowDetails {
    "attempt" => attempt,
    "poweredOnAt" => powered_on_at,
    "startedAt" => started_at,
    "finishedAt" => finished_at,
    "failure" => failure,
    "hint" => hint,
    "revised" if present => revised,
    "guestInfoDisagrees" if present => guest_info_disagrees,
    "error" if present => error,
});

impl Write for VmReport {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for VmReport {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let (name, value) = match number {
            0 => ("vm", self.vm.view()),
            1 => ("name", self.name.view()),
            2 => (
                "nameTruncated",
                View::Bool(self.name.as_deref().is_some_and(is_cut_label)),
            ),
            3 => ("customizationStatus", self.customization_status.view()),
            4 => ("conclusion", self.conclusion.view()),
            _ => return self.details.as_ref()?.member(number - 5),
        };
        Some(Member {
            name,
            value,
            if_present: name == "nameTruncated" || name == "conclusion",
        })
    }
}

serialize!(VmReport);

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

impl Report {
    /// The report as JSON text.
    pub fn to_json(&self) -> String {
        to_json(&self.view())
    }
}

impl Write for Report {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for Report {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let dropped = Some(self.transitions_dropped).filter(|count| *count > 0);
        let (name, value) = match number {
            0 => ("format", View::Text(REPORT_FORMAT)),
            1 => ("endedAtMs", self.ended_at_ms.view()),
            2 => ("vms", self.vms.view()),
            3 => ("transitions", self.transitions.view()),
            4 => ("transitionsDropped", dropped.map_or(View::Null, View::U64)),
            5 => ("ignored", self.ignored.view()),
            _ => return None,
        };
        Some(Member {
            name,
            value,
            if_present: number == 4,
        })
    }
}

serialize!(Report);

/// Why something that came in was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

words!(IgnoreReason {
    "otherType" => OtherType,
    "noVm" => NoVm,
    "otherVm" => OtherVm,
    "noTime" => NoTime,
    "malformed" => Malformed,
    "beforeWindow" => BeforeWindow,
    "duplicate" => Duplicate,
    "noRoom" => NoRoom,
    "afterEnd" => AfterEnd,
    "notInRules" => NotInRules,
});

impl IgnoreReason {
    /// Every reason, in the order in which reports have them.
    const ALL: [Self; 10] = [
        Self::OtherType,
        Self::NoVm,
        Self::OtherVm,
        Self::NoTime,
        Self::Malformed,
        Self::BeforeWindow,
        Self::Duplicate,
        Self::NoRoom,
        Self::AfterEnd,
        Self::NotInRules,
    ];
}

/// How often what was ignored, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredCounts([u64; IgnoreReason::ALL.len()]);

impl IgnoredCounts {
    /// How often something was ignored for `reason`.
    pub fn count(&self, reason: IgnoreReason) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or(0)
    }

    /// The reasons that occurred, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (IgnoreReason, u64)> + '_ {
        IgnoreReason::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, count)| *count > 0)
    }

    pub(crate) fn add(&mut self, reason: IgnoreReason) {
        self.add_times(reason, 1);
    }

    pub(crate) fn add_times(&mut self, reason: IgnoreReason, times: u64) {
        if let Some(count) = self.0.get_mut(reason as usize) {
            *count += times;
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

impl Write for IgnoredCounts {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for IgnoredCounts {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let (reason, count) = self.iter().nth(number)?;
        Some(Member {
            name: IgnoreReason::NAMES.get(reason as usize)?,
            value: View::U64(count),
            if_present: false,
        })
    }
}

serialize!(IgnoredCounts);

impl<'de> Read<'de> for IgnoredCounts {
    fn blank() -> Self {
        Self::default()
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        static TABLE: Table = Table {
            what: "a map",
            names: IgnoreReason::NAMES,
            required: &[false; IgnoreReason::ALL.len()],
            refuses_others: true,
        };
        Slot::Object(&TABLE, self)
    }
}

impl<'de> Fields<'de> for IgnoredCounts {
    fn field(&mut self, number: usize) -> Slot<'_, 'de> {
        self.0.get_mut(number).map_or(Slot::Nothing, Slot::U64)
    }
}
