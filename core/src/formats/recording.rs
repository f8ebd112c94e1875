//! Recordings: every input that a monitor was given, to be played again anywhere.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::fields::{from_json, object, shown_number, Json};
use crate::json::{is_json, JsonError};
use crate::model::guest_info::GuestInfo;
use crate::model::options::{Options, OptionsJson, VmRef};
use crate::model::protocol::{Completeness, ReadFailure};
use crate::model::report::Report;
use crate::model::time::{HostTime, ServerTime};
use crate::playback::player::Player;
use crate::run::monitor::{check_vms, Monitor};
use crate::view::{to_json, written, Write};
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
    steps: Vec<Step>,
}

/// The inputs at one moment, in the order in which they are fed: events, guest info, a failed read,
/// a log-in, other VMs, the end.
#[derive(Debug, Clone)]
pub struct Step {
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

struct RecordingJson<'de> {
    format: Option<String>,
    started_at: Json<'de>,
    vms: Option<Vec<Json<'de>>>,
    options: Json<'de>,
    steps: Option<Vec<Json<'de>>>,
}

object!(RecordingJson<'de> {
    "format" => format = None,
    "startedAt" => started_at = Json::NULL,
    "vms" => vms = None,
    "options" => options = Json::NULL,
    "steps" => steps = None,
});

struct StepJson<'de> {
    at_ms: f64,
    events: Json<'de>,
    complete: bool,
    guest_info: Vec<GuestInfo>,
    read_failed: Option<ReadFailure>,
    logged_in: bool,
    vms: Option<Vec<VmRef>>,
    server_time: Option<ServerTime>,
    cancel: bool,
}

object!(StepJson<'de>, no others {
    "atMs" => at_ms,
    "events" => events = Json::NULL,
    "complete" => complete = true,
    "guestInfo" => guest_info as OneOrMany = Vec::new(),
    "readFailed" => read_failed = None,
    "loggedIn" => logged_in = false,
    "vms" => vms = None,
    "serverTime" => server_time = None,
    "cancel" => cancel = false,
});

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
        let at = |place: &str, error: &JsonError| RecordingError::Malformed(format!("{place}: {error}"));
        let missing = |field: &str| RecordingError::Malformed(format!("`{field}` is missing"));
        let json: RecordingJson<'_> = from_json(text).map_err(|error| at("the recording", &error))?;
        let format = json.format.ok_or_else(|| missing("format"))?;
        if format != RECORDING_FORMAT {
            let (found, _) = crate::model::text::cut(&format, 64);
            return Err(RecordingError::UnsupportedFormat(found));
        }
        let started_at = json.started_at.some().ok_or_else(|| missing("startedAt"))?;
        let started_at = from_json(started_at.0).map_err(|error| at("startedAt", &error))?;
        let vms = json
            .vms
            .ok_or_else(|| missing("vms"))?
            .into_iter()
            .enumerate()
            .map(|(place, vm)| from_json(vm.0).map_err(|error| at(&format!("vms[{place}]"), &error)))
            .collect::<Result<Vec<VmRef>, _>>()?;
        let options: Options = json
            .options
            .some()
            .map(|options| {
                let json: OptionsJson = from_json(options.0).map_err(|error| at("options", &error))?;
                Options::try_from(json)
                    .map_err(|error| RecordingError::Malformed(format!("options: {error}")))
            })
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
    pub fn steps(&self) -> &[Step] {
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

    /// Plays the recording to its end, passing the monitor through `between` with the host time
    /// after each step: a test can put a snapshot and a restore there.
    pub fn play_through(&self, between: impl FnMut(u64, Monitor) -> Monitor) -> Report {
        self.player()
            .map_or_else(|_| nothing_played(), |player| player.play(self, between))
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

fn steps(json: &[Json<'_>], options: &Options, with_items: bool) -> Result<Vec<Step>, RecordingError> {
    let mut steps: Vec<Step> = Vec::with_capacity(json.len());
    for (place, raw) in json.iter().enumerate() {
        let malformed = |why: String| RecordingError::Malformed(format!("steps[{place}]{why}"));
        let step: StepJson<'_> = from_json(raw.0).map_err(|error| malformed(format!(": {error}")))?;
        let at_ms = at_ms(step.at_ms).ok_or_else(|| {
            malformed(format!(
                ".atMs is {}: give milliseconds between 0 and {}",
                shown_number(step.at_ms),
                shown_number(MAX_AT_MS)
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
            .some()
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
        inputs.extend(step.guest_info.into_iter().map(Input::GuestInfo));
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
        steps.push(Step { at_ms, inputs });
    }
    Ok(steps)
}

/// The events of a step: JSON as it stands, or any wire form as a JSON text.
fn decode_events(json: Json<'_>, with_items: bool) -> Result<(wire::Decoded, Vec<Summarized>), WireError> {
    let text = json.0;
    let document = if text.starts_with('"') {
        let document: String = from_json(text).map_err(|error| WireError::Syntax(error.to_string()))?;
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

struct ErrorLine {
    error: ErrorJson,
}

written!(ErrorLine {
    "error" => error,
});

struct ErrorJson {
    code: &'static str,
    message: String,
}

written!(ErrorJson {
    "code" => code,
    "message" => message,
});

/// Plays one recording, or one per line, and gives a report per line.
///
/// A line that cannot be read gives `{"error":{"code":…,"message":…}}` in its place.
pub fn replay(input: &[u8]) -> String {
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let mut output = String::new();
    let is_one = core::str::from_utf8(input).is_ok_and(|text| is_json(text) || is_one_document(text));
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
            let line = ErrorLine {
                error: ErrorJson { code, message },
            };
            to_json(&line.view())
        }
    }
}
