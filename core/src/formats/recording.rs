//! Recordings: every input that a monitor was given, to be played again anywhere.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::formats::boundary::{to_json, GuestInfos};
use crate::model::guest_info::GuestInfo;
use crate::model::options::{Options, VmRef};
use crate::model::protocol::{Completeness, ReadFailure};
use crate::model::report::Report;
use crate::model::text::cut;
use crate::model::time::{HostTime, ServerTime};
use crate::playback::player::Player;
use crate::run::monitor::{check_vms, Monitor};
use crate::wire::{self, is_one_document, Summarized, WireError};

/// The format name of a recording.
pub const RECORDING_FORMAT: &str = "vm-customization-recording/1";

/// The latest moment of a recording, in milliseconds: about 31 years.
const MAX_AT_MS: f64 = 1e12;

/// One run as data: same recording, same report, on every host.
///
/// Each step has `atMs`, milliseconds of host time since the start, and what was fed at that moment:
/// `events` (with `"complete": false` where they complete no observation), `guestInfo`, `readFailed`,
/// `loggedIn`, `vms` with `serverTime` (from then on these VMs: [`Monitor::set_vms`]), `cancel`.
///
/// ```
/// use vm_customization::Recording;
/// let recording = Recording::from_json(r#"{
///   "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
///   "vms": [{ "vm": "vm-101" }], "steps": [{ "atMs": 0, "events": [] }]
/// }"#)?;
/// assert_eq!(recording.play().ended_at_ms, Some(0));
/// # Ok::<(), vm_customization::RecordingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recording {
    pub(crate) started_at: ServerTime,
    pub(crate) vms: Vec<VmRef>,
    pub(crate) options: Options,
    steps: Vec<RecordingStep>,
}

/// The inputs at one moment, in the order in which they are fed: events, guest info, a failed read,
/// a log-in, other VMs, the end.
#[derive(Debug, Clone)]
pub struct RecordingStep {
    pub(crate) at_ms: u64,
    pub(crate) inputs: Vec<Input>,
}

/// One thing that is fed.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    Events {
        decoded: wire::Decoded,
        completeness: Completeness,
        /// For a playback only; empty otherwise.
        items: Vec<Summarized>,
    },
    GuestInfo(GuestInfo),
    ReadFailed(ReadFailure),
    LoggedIn,
    Vms {
        vms: Vec<VmRef>,
        server_time: ServerTime,
    },
    Cancel,
}

/// Why a recording cannot be played.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingError {
    /// It is of another format or version.
    UnsupportedFormat(String),
    /// It is not JSON, or not of the recording format; the text names the place.
    Malformed(String),
    /// The events of a step cannot be read.
    Events {
        /// The step, from 0 on.
        step: usize,
        /// What is wrong with them.
        error: WireError,
    },
}

impl RecordingError {
    /// A stable name of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat(_) => "unsupportedFormat",
            Self::Malformed(_) => "invalidRecording",
            Self::Events { .. } => "invalidEvents",
        }
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedFormat(found) => write!(
                f,
                "`format` is `{found}`, and this version plays `{RECORDING_FORMAT}`"
            ),
            Self::Malformed(why) => f.write_str(why),
            Self::Events { step, error } => write!(f, "steps[{step}].events: {error}"),
        }
    }
}

impl core::error::Error for RecordingError {}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "a recording")]
struct RecordingJson<'a> {
    format: Option<String>,
    #[serde(borrow)]
    started_at: Option<&'a RawValue>,
    #[serde(borrow)]
    vms: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    options: Option<&'a RawValue>,
    #[serde(borrow)]
    steps: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a step")]
struct StepJson<'a> {
    at_ms: f64,
    #[serde(borrow)]
    events: Option<&'a RawValue>,
    #[serde(default = "complete")]
    complete: bool,
    #[serde(default)]
    guest_info: GuestInfos,
    read_failed: Option<ReadFailure>,
    #[serde(default)]
    logged_in: bool,
    vms: Option<Vec<VmRef>>,
    server_time: Option<ServerTime>,
    #[serde(default)]
    cancel: bool,
}

fn complete() -> bool {
    true
}

impl Recording {
    /// Reads one recording.
    ///
    /// # Errors
    ///
    /// When the text is no recording of this version; the error names the place.
    pub fn from_json(text: &str) -> Result<Self, RecordingError> {
        Self::parse(text, false)
    }

    /// The same; `with_items` keeps what a playback shows of each event.
    pub(crate) fn parse(text: &str, with_items: bool) -> Result<Self, RecordingError> {
        let missing = |field: &str| RecordingError::Malformed(format!("`{field}` is missing"));
        let json: RecordingJson<'_> = at("the recording", serde_json::from_str(text))?;
        let format = json.format.ok_or_else(|| missing("format"))?;
        if format != RECORDING_FORMAT {
            return Err(RecordingError::UnsupportedFormat(cut(&format, 64).0));
        }
        let started_at = json.started_at.ok_or_else(|| missing("startedAt"))?;
        let started_at = at("startedAt", serde_json::from_str(started_at.get()))?;
        let vms = json
            .vms
            .ok_or_else(|| missing("vms"))?
            .into_iter()
            .enumerate()
            .map(|(place, vm)| at(format_args!("vms[{place}]"), serde_json::from_str(vm.get())))
            .collect::<Result<Vec<VmRef>, _>>()?;
        let options: Options = json
            .options
            .map(|options| at("options", serde_json::from_str(options.get())))
            .transpose()?
            .unwrap_or_default();
        let steps = steps(&json.steps.ok_or_else(|| missing("steps"))?, &options, with_items)?;
        let recording = Self {
            started_at,
            vms,
            options,
            steps,
        };
        recording.player()?;
        Ok(recording)
    }

    /// The steps, in their order.
    pub fn steps(&self) -> &[RecordingStep] {
        &self.steps
    }

    /// Plays the recording to its end.
    pub fn play(&self) -> Report {
        let Ok(mut player) = self.player() else {
            return nothing_played();
        };
        player.seek(self, u64::MAX);
        player.last_report(self)
    }

    /// The time of the last step.
    pub(crate) fn last_ms(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.at_ms)
    }

    /// A player at the start.
    pub(crate) fn player(&self) -> Result<Player, RecordingError> {
        Monitor::new(
            self.vms.clone(),
            self.options.clone(),
            self.started_at,
            HostTime::from_millis(0),
        )
        .map(Player::new)
        .map_err(|error| RecordingError::Malformed(error.to_string()))
    }
}

/// Never seen: a recording that was read has had a player once.
fn nothing_played() -> Report {
    Report {
        ended_at_ms: None,
        vms: Vec::new(),
        transitions: Vec::new(),
        transitions_dropped: 0,
        ignored: crate::model::report::IgnoredCounts::default(),
    }
}

/// The value, or an error that names its place.
fn at<T>(place: impl fmt::Display, value: Result<T, serde_json::Error>) -> Result<T, RecordingError> {
    value.map_err(|error| RecordingError::Malformed(format!("{place}: {error}")))
}

fn steps(
    json: &[&RawValue],
    options: &Options,
    with_items: bool,
) -> Result<Vec<RecordingStep>, RecordingError> {
    let mut steps: Vec<RecordingStep> = Vec::with_capacity(json.len());
    for (place, raw) in json.iter().enumerate() {
        let malformed = |why: String| RecordingError::Malformed(format!("steps[{place}]{why}"));
        let step: StepJson<'_> = at(format_args!("steps[{place}]"), serde_json::from_str(raw.get()))?;
        let at_ms = at_ms(step.at_ms).ok_or_else(|| {
            malformed(format!(
                ".atMs is {:?}: give milliseconds between 0 and {MAX_AT_MS:?}",
                step.at_ms
            ))
        })?;
        if let Some(before) = steps.last().filter(|before| before.at_ms > at_ms) {
            return Err(malformed(format!(
                ".atMs is {at_ms}, before that of the step before it, {}: time never decreases",
                before.at_ms
            )));
        }
        let events = step
            .events
            .map(|events| decode_events(events, with_items))
            .transpose()
            .map_err(|error| RecordingError::Events { step: place, error })?;
        let mut inputs = Vec::new();
        if let Some((decoded, items)) = events {
            inputs.push(Input::Events {
                decoded,
                completeness: if step.complete {
                    Completeness::Complete
                } else {
                    Completeness::Partial
                },
                items,
            });
        }
        inputs.extend(step.guest_info.0.into_iter().map(Input::GuestInfo));
        inputs.extend(step.read_failed.map(Input::ReadFailed));
        if step.logged_in {
            inputs.push(Input::LoggedIn);
        }
        if let Some(vms) = step.vms {
            check_vms(&vms, options).map_err(|error| malformed(format!(".vms: {error}")))?;
            let server_time = step
                .server_time
                .ok_or_else(|| malformed(".serverTime is missing: it goes with `vms`".to_string()))?;
            inputs.push(Input::Vms { vms, server_time });
        }
        if step.cancel {
            inputs.push(Input::Cancel);
        }
        steps.push(RecordingStep { at_ms, inputs });
    }
    Ok(steps)
}

/// The events of a step: JSON as it stands, or any wire form as a JSON text.
fn decode_events(json: &RawValue, with_items: bool) -> Result<(wire::Decoded, Vec<Summarized>), WireError> {
    let text = json.get();
    let document = if text.starts_with('"') {
        let document: String =
            serde_json::from_str(text).map_err(|error| WireError::Syntax(error.to_string()))?;
        Cow::Owned(document)
    } else {
        Cow::Borrowed(text)
    };
    if with_items {
        return wire::decode_and_summarize(document.as_bytes());
    }
    Ok((wire::decode(document.as_bytes())?, Vec::new()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to lie between 0 and 1e12"
)]
fn at_ms(value: f64) -> Option<u64> {
    (0.0..=MAX_AT_MS).contains(&value).then_some(value as u64)
}

/// Plays one recording, or one per line, and gives a report per line.
///
/// A line that cannot be read gives `{"error":{"code":…,"message":…}}` in its place.
pub fn replay(input: &[u8]) -> String {
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let mut output = String::new();
    let is_one = core::str::from_utf8(input)
        .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok() || is_one_document(text));
    let documents = if is_one {
        alloc::vec![input]
    } else {
        input.split(|byte| *byte == b'\n').collect()
    };
    for document in documents {
        if !document.iter().all(u8::is_ascii_whitespace) {
            output.push_str(&replay_one(document));
            output.push('\n');
        }
    }
    output
}

fn check_size(document: &[u8]) -> Result<(), RecordingError> {
    if document.len() <= wire::MAX_DOCUMENT_BYTES {
        return Ok(());
    }
    Err(RecordingError::Malformed(format!(
        "the recording has {} bytes, and at most {} are read",
        document.len(),
        wire::MAX_DOCUMENT_BYTES
    )))
}

fn utf8(document: &[u8]) -> Result<&str, RecordingError> {
    core::str::from_utf8(document).map_err(|error| {
        RecordingError::Malformed(format!(
            "the recording: the byte at offset {} is not UTF-8",
            error.valid_up_to()
        ))
    })
}

/// One recording as text.
pub(crate) fn text_of(document: &[u8]) -> Result<&str, RecordingError> {
    check_size(document).and_then(|()| utf8(document))
}

fn replay_one(document: &[u8]) -> String {
    let played = text_of(document)
        .and_then(Recording::from_json)
        .map(|recording| recording.play());
    match played {
        Ok(report) => report.to_json(),
        Err(error) => {
            let (code, message) = (error.code(), error.to_string());
            to_json(&ErrorLine {
                error: ErrorJson { code, message },
            })
        }
    }
}

#[derive(Serialize)]
struct ErrorLine {
    error: ErrorJson,
}

#[derive(Serialize)]
struct ErrorJson {
    code: &'static str,
    message: String,
}
