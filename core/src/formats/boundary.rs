//! JSON text for hosts across a boundary of text: what they say to a monitor, and what it answers.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use crate::formats::recording::{MAX_AT_MS, RECORDING_FORMAT};
use crate::formats::snapshot::SNAPSHOT_FORMAT;
use crate::model::event::EVENT_TYPES;
use crate::model::guest_info::{GuestInfo, GuestInfos};
use crate::model::json::{from_json, to_json};
use crate::model::options::{Options, RunConfig, VmRef, MAX_SECONDS, MAX_VMS};
use crate::model::protocol::{Deadline, EventQuery, GuestInfoQuery, Ingested, Output, ReadFailure, MAX_PAGE};
use crate::model::report::{Reading, Report, Transition, VmReport, REPORT_FORMAT};
use crate::model::status::Hint;
use crate::model::text::MAX_STRING_BYTES;
use crate::run::monitor::Monitor;
use crate::wire::MAX_DOCUMENT_BYTES;

impl RunConfig {
    /// Reads `{"vms":[…],"options":{…},"serverNow":"…"}`; the options may be absent.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn from_json(text: &str) -> Result<Self, String> {
        from_json(text)
    }
}

impl VmRef {
    /// Reads a list of VMs: `[{"vm":"vm-101"}]`.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, String> {
        from_json(text)
    }
}

impl GuestInfo {
    /// Reads guest info, or a list of it.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, String> {
        from_json(text).map(|GuestInfos(list)| list)
    }
}

impl ReadFailure {
    /// Reads a failure: its `kind`, and `vm` and `message` where there are any.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn from_json(text: &str) -> Result<Self, String> {
        from_json(text)
    }
}

/// What a monitor has to say after an input: its outputs, all of them, and when it wants to be
/// called next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Update {
    /// What to tell and to do.
    pub outputs: Vec<Output>,
    /// When to call [`Monitor::handle_timeout`] next.
    pub deadline: Option<Deadline>,
    /// Whether the run is over.
    pub ended: bool,
    /// What the report says of the reading, where this input has changed that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// What became of the document that was fed, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingested: Option<Ingested>,
}

impl Update {
    /// `{"outputs":[{"type":"read",…}],"deadline":{"atMs":…,"reason":…},"ended":false}`, with
    /// `reading` where it has changed and `ingested` where there is any.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// `{"type":"transition","transition":{…}}`, `{"type":"concluded","row":{…}}`,
/// `{"type":"stuck","vm":…,"hint":…}`, `{"type":"read","query":{…}}`, `{"type":"readGuestInfo","query":{…}}` or
/// `{"type":"logIn"}`.
impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "type", rename_all = "camelCase")]
        enum OutputJson<'a> {
            Transition { transition: &'a Transition },
            Concluded { row: &'a VmReport },
            Stuck { vm: &'a str, hint: Hint },
            Read { query: &'a EventQuery },
            ReadGuestInfo { query: &'a GuestInfoQuery },
            LogIn,
        }

        let json = match self {
            Self::Transition(transition) => OutputJson::Transition { transition },
            Self::Concluded(row) => OutputJson::Concluded { row },
            Self::Stuck { vm, hint } => OutputJson::Stuck { vm, hint: *hint },
            Self::Read(query) => OutputJson::Read { query },
            Self::ReadGuestInfo(query) => OutputJson::ReadGuestInfo { query },
            Self::LogIn => OutputJson::LogIn,
        };
        json.serialize(serializer)
    }
}

impl Monitor {
    /// Drains the outputs after an input; `ingested` is what feeding a document gave.
    pub fn drain(&mut self, ingested: Option<Ingested>) -> Update {
        Update {
            outputs: core::iter::from_fn(|| self.poll_output()).collect(),
            deadline: self.poll_timeout(),
            ended: self.is_ended(),
            reading: self.poll_reading(),
            ingested,
        }
    }

    /// The [rows](Self::rows) as a JSON array.
    pub fn rows_to_json(&self) -> String {
        to_json(&self.rows())
    }

    /// The rows of those of `vms` that are watched, as a JSON array.
    pub fn rows_of_to_json(&self, vms: &[VmRef]) -> String {
        let rows: Vec<VmReport> = vms.iter().filter_map(|vm| self.row(&vm.vm)).collect();
        to_json(&rows)
    }
}

impl Report {
    /// The report as JSON text.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// The limits and defaults of this crate as JSON, for hosts that check or show them: `maxVms`, `maxPage`,
/// `maxDocumentBytes`, `maxStringBytes`, `maxAtMs`, `maxSeconds`, `eventTypes`, the default `options`, and the names of
/// the `formats`.
pub fn limits_to_json() -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Limits {
        max_vms: usize,
        max_page: u32,
        max_document_bytes: usize,
        max_string_bytes: usize,
        max_at_ms: u64,
        max_seconds: u64,
        event_types: [&'static str; EVENT_TYPES.len()],
        options: Options,
        formats: Formats,
    }

    #[derive(Serialize)]
    struct Formats {
        recording: &'static str,
        report: &'static str,
        snapshot: &'static str,
    }

    to_json(&Limits {
        max_vms: MAX_VMS,
        max_page: MAX_PAGE,
        max_document_bytes: MAX_DOCUMENT_BYTES,
        max_string_bytes: MAX_STRING_BYTES,
        max_at_ms: MAX_AT_MS,
        max_seconds: MAX_SECONDS,
        event_types: EVENT_TYPES,
        options: Options::default(),
        formats: Formats {
            recording: RECORDING_FORMAT,
            report: REPORT_FORMAT,
            snapshot: SNAPSHOT_FORMAT,
        },
    })
}
