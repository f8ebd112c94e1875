//! Recordings: every input that a monitor was given, to be played again anywhere. They are written here too.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::model::guest_info::{GuestInfo, GuestInfos};
use crate::model::json::{number, to_json, whole_characters};
use crate::model::options::{Options, RunConfig, VmRef};
use crate::model::protocol::{Completeness, ReadFailure};
use crate::model::text::cut;
use crate::model::time::{HostTime, ServerTime};
use crate::run::monitor::{check_vms, Monitor};
use crate::wire::{self, EventSummary, WireError};

/// The format name of a recording.
pub const RECORDING_FORMAT: &str = "vm-customization-recording/1";

/// The latest moment of a recording, in milliseconds: about 31 years.
pub(crate) const MAX_AT_MS: u64 = 1_000_000_000_000;

/// The most inputs of a recording: the shortest guest info takes many times the memory of its text.
const MAX_INPUTS: usize = 1_000_000;

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
    pub(crate) config: RunConfig,
    /// The monitor at host time 0: what was read can be played.
    pub(crate) start: Monitor,
    pub(crate) steps: Vec<RecordingStep>,
}

/// One input at a moment. What a step as JSON feeds at once follows each other: events, guest info, a failed read, a
/// log-in, other VMs, the end.
#[derive(Debug, Clone)]
pub(crate) struct RecordingStep {
    pub(crate) at_ms: u64,
    /// `None` is a moment to which the run goes on.
    pub(crate) input: Option<Box<Input>>,
}

/// One thing that is fed.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    Events {
        decoded: wire::Decoded,
        completeness: Completeness,
        /// For a playback only; empty otherwise.
        items: Vec<EventSummary>,
    },
    Other(RunInput),
}

impl Input {
    /// How much of the room of a recording it takes: each VM's guest info is kept.
    fn size(&self) -> usize {
        match self {
            Self::Other(RunInput::GuestInfo { infos }) => infos.len(),
            Self::Events { .. } | Self::Other(_) => 1,
        }
    }
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

/// A recording as JSON.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "a recording")]
struct RecordingJson<'a> {
    format: Option<String>,
    #[serde(borrow)]
    started_at: Option<&'a RawValue>,
    #[serde(borrow)]
    vms: Option<&'a RawValue>,
    #[serde(borrow)]
    options: Option<&'a RawValue>,
    #[serde(borrow)]
    steps: Option<&'a RawValue>,
}

/// A step as JSON.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a step")]
struct StepJson<'a> {
    #[serde(serialize_with = "whole")]
    at_ms: f64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    events: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
    #[serde(default, skip_serializing_if = "GuestInfos::is_empty")]
    guest_info: GuestInfos,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_failed: Option<ReadFailure>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    vms: Option<Vec<VmRef>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<ServerTime>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    cancel: bool,
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

    /// Reads one recording from a file: it may begin with a byte order mark. `with_items` keeps what a playback shows of
    /// each event.
    pub(crate) fn from_bytes(document: &[u8], with_items: bool) -> Result<Self, RecordingError> {
        if document.len() > wire::MAX_DOCUMENT_BYTES {
            return Err(RecordingError::Malformed(format!(
                "the recording has {} bytes, and at most {} are read",
                document.len(),
                wire::MAX_DOCUMENT_BYTES
            )));
        }
        let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
        let text = core::str::from_utf8(document).map_err(|error| {
            RecordingError::Malformed(format!(
                "the recording: the byte at offset {} is not UTF-8",
                error.valid_up_to()
            ))
        })?;
        Self::parse(text, with_items)
    }

    fn parse(text: &str, with_items: bool) -> Result<Self, RecordingError> {
        let missing = |field: &str| RecordingError::Malformed(format!("`{field}` is missing"));
        let text = whole_characters(text);
        let json: RecordingJson<'_> = at("the recording", serde_json::from_str(&text))?;
        let format = json.format.ok_or_else(|| missing("format"))?;
        if format != RECORDING_FORMAT {
            return Err(RecordingError::UnsupportedFormat(cut(&format, 64).0));
        }
        let started_at = json.started_at.ok_or_else(|| missing("startedAt"))?;
        let started_at = at("startedAt", serde_json::from_str(started_at.get()))?;
        let mut vms: Vec<VmRef> = Vec::new();
        each("vms", json.vms.ok_or_else(|| missing("vms"))?, |number, vm| {
            let vm = serde_json::from_str(vm.get());
            vms.push(at(format_args!("vms[{number}]"), vm)?);
            Ok(())
        })?;
        let options: Options = json
            .options
            .map(|options| at("options", serde_json::from_str(options.get())))
            .transpose()?
            .unwrap_or_default();
        let start = Monitor::new(vms.clone(), options.clone(), started_at, HostTime::from_millis(0))
            .map_err(|error| RecordingError::Malformed(error.to_string()))?;
        let mut steps: Vec<RecordingStep> = Vec::new();
        let mut inputs = 0;
        each(
            "steps",
            json.steps.ok_or_else(|| missing("steps"))?,
            |number, step| {
                inputs += RecordingStep::parse(step, number, &options, with_items, &mut steps)?;
                if inputs > MAX_INPUTS {
                    return Err(RecordingError::Malformed(format!(
                        "steps[{number}]: more than {MAX_INPUTS} inputs, and at most as many are played"
                    )));
                }
                Ok(())
            },
        )?;
        Ok(Self {
            config: RunConfig {
                vms,
                options,
                server_now: started_at,
            },
            start,
            steps,
        })
    }

    /// The recording of a run as JSON text, from the texts of its steps.
    ///
    /// ```
    /// use vm_customization::{Completeness, Recording, RunConfig, RunInput};
    /// let config = RunConfig::from_json(r#"{"vms":[{"vm":"vm-101"}],"serverNow":"2026-03-01T10:00:00Z"}"#)?;
    /// let steps = [
    ///     RunInput::events_to_step(b"[]", Completeness::Complete, 0)?,
    ///     RunInput::LoggedIn.to_step(15_000),
    /// ];
    /// let recording = Recording::to_json(&config, &steps);
    /// assert_eq!(Recording::from_json(&recording)?.play().ended_at_ms, Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_json(config: &RunConfig, steps: &[String]) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Head<'a> {
            format: &'static str,
            started_at: ServerTime,
            vms: &'a [VmRef],
            options: &'a Options,
        }

        let head = to_json(&Head {
            format: RECORDING_FORMAT,
            started_at: config.server_now,
            vms: &config.vms,
            options: &config.options,
        });
        let head = head.strip_suffix('}').unwrap_or(&head);
        format!("{head},\"steps\":[{}]}}", steps.join(","))
    }

    /// The time of the last step.
    pub(crate) fn last_ms(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.at_ms)
    }
}

/// One input of a run but events, to be written down as a step of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunInput {
    /// What the properties of VMs say.
    GuestInfo {
        /// What was read at once.
        infos: Vec<GuestInfo>,
    },
    /// A read that failed.
    ReadFailed {
        /// How it failed.
        failure: ReadFailure,
    },
    /// A log-in that was done.
    LoggedIn,
    /// Other VMs to watch.
    Vms {
        /// The VMs.
        vms: Vec<VmRef>,
        /// The server time from which on they are watched.
        server_time: ServerTime,
    },
    /// The end of the run.
    Cancel,
}

impl RunInput {
    /// The step as JSON text, at `at_ms` milliseconds of host time since the start of the run.
    pub fn to_step(&self, at_ms: u64) -> String {
        let mut step = StepJson::at(at_ms);
        match self {
            Self::GuestInfo { infos } => step.guest_info = GuestInfos(infos.clone()),
            Self::ReadFailed { failure } => step.read_failed = Some(failure.clone()),
            Self::LoggedIn => step.logged_in = true,
            Self::Vms { vms, server_time } => {
                step.vms = Some(vms.clone());
                step.server_time = Some(*server_time);
            }
            Self::Cancel => step.cancel = true,
        }
        to_json(&step)
    }

    /// The step that a host has as JSON text, without events, as a recording has it: what is fed at `atMs`.
    ///
    /// ```
    /// use vm_customization::RunInput;
    /// let step = RunInput::step_from_json(r#"{ "atMs": 0, "guestInfo": [{ "vm": "vm-101", "name": "web-1" }] }"#)?;
    /// assert_eq!(step, r#"{"atMs":0,"guestInfo":{"vm":"vm-101"}}"#);
    /// # Ok::<(), vm_customization::RecordingError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn step_from_json(text: &str) -> Result<String, RecordingError> {
        let text = whole_characters(text);
        let step: StepJson<'_> = at("the step", serde_json::from_str(&text))?;
        step.check(&"the step")?;
        Ok(to_json(&step))
    }

    /// The step that feeds a document of events in any wire form, as JSON text.
    ///
    /// # Errors
    ///
    /// When the document cannot be read.
    pub fn events_to_step(
        document: &[u8],
        completeness: Completeness,
        at_ms: u64,
    ) -> Result<String, WireError> {
        let (mut events, is_cut_off) = wire::rewrite(document)?;
        let mut step = StepJson::at(at_ms);
        match completeness {
            Completeness::Complete if is_cut_off => {
                step.complete = Some(false);
                step.read_failed = Some(ReadFailure::cut_off());
            }
            Completeness::Complete => {}
            Completeness::Partial => step.complete = Some(false),
        }
        // The step is written around the events: of a large document no second copy is made.
        let step = to_json(&step);
        let (time, rest) = step.split_at(step.find([',', '}']).unwrap_or(step.len()));
        events.insert_str(0, &format!("{time},\"events\":"));
        events.push_str(rest);
        Ok(events)
    }
}

impl StepJson<'_> {
    /// When it is fed, where it says so and has the server time that goes with other VMs.
    fn check(&self, place: &dyn fmt::Display) -> Result<u64, RecordingError> {
        let malformed = |why: fmt::Arguments<'_>| RecordingError::Malformed(format!("{place}{why}"));
        if self.vms.is_some() && self.server_time.is_none() {
            return Err(malformed(format_args!(
                ".serverTime is missing: it goes with `vms`"
            )));
        }
        milliseconds(self.at_ms).ok_or_else(|| {
            malformed(format_args!(
                ".atMs is {}: give milliseconds between 0 and {MAX_AT_MS}",
                number(self.at_ms)
            ))
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a run lasts less than 2^53 milliseconds"
    )]
    fn at(at_ms: u64) -> Self {
        Self {
            at_ms: at_ms as f64,
            ..Self::default()
        }
    }
}

/// The value, or an error that names its place.
fn at<T>(place: impl fmt::Display, value: Result<T, serde_json::Error>) -> Result<T, RecordingError> {
    value.map_err(|error| RecordingError::Malformed(format!("{place}: {error}")))
}

/// Takes the items of a list one by one, with their numbers: together they would be many times the size of their text.
fn each<'a>(
    list: &str,
    json: &'a RawValue,
    take: impl FnMut(usize, &'a RawValue) -> Result<(), RecordingError>,
) -> Result<(), RecordingError> {
    struct Items<F>(F);

    impl<'de, F: FnMut(usize, &'de RawValue) -> Result<(), RecordingError>> Visitor<'de> for Items<F> {
        type Value = Result<(), RecordingError>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut number = 0;
            while let Some(item) = items.next_element()? {
                if let Err(error) = (self.0)(number, item) {
                    while items.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(Err(error));
                }
                number += 1;
            }
            Ok(Ok(()))
        }
    }

    let mut json = serde_json::Deserializer::from_str(json.get());
    at(list, json.deserialize_seq(Items(take)))?
}

impl RecordingStep {
    /// Adds the inputs of a step as JSON to those before it; answers how much room they take.
    fn parse(
        json: &RawValue,
        number: usize,
        options: &Options,
        with_items: bool,
        steps: &mut Vec<Self>,
    ) -> Result<usize, RecordingError> {
        let malformed = |why: String| RecordingError::Malformed(format!("steps[{number}]{why}"));
        let step = serde_json::from_str(json.get());
        let step: StepJson<'_> = at(format_args!("steps[{number}]"), step)?;
        let at_ms = step.check(&format_args!("steps[{number}]"))?;
        let before_ms = steps.last().map_or(0, |step| step.at_ms);
        if at_ms < before_ms {
            return Err(malformed(format!(
                ".atMs is {at_ms}, before that of the step before it, {before_ms}: time never decreases"
            )));
        }
        let mut size = 0;
        let mut add = |input: Input| {
            size += input.size();
            let input = Some(Box::new(input));
            steps.push(Self { at_ms, input });
        };
        let completeness = if step.complete.unwrap_or(true) {
            Completeness::Complete
        } else {
            Completeness::Partial
        };
        match step.events.map(|events| decode_events(events, with_items)) {
            Some(Ok((decoded, items))) => add(Input::Events {
                decoded,
                completeness,
                items,
            }),
            // A host that was answered this had seen nothing.
            Some(Err(error @ (WireError::NoObservation(_) | WireError::Fault { .. }))) => {
                let failure = error.read_failure();
                add(Input::Other(RunInput::ReadFailed { failure }));
            }
            Some(Err(error)) => return Err(RecordingError::Events { step: number, error }),
            None => {}
        }
        let mut add = |input: RunInput| add(Input::Other(input));
        let infos = step.guest_info.0;
        if !infos.is_empty() {
            add(RunInput::GuestInfo { infos });
        }
        if let Some(failure) = step.read_failed {
            add(RunInput::ReadFailed { failure });
        }
        if step.logged_in {
            add(RunInput::LoggedIn);
        }
        if let Some((vms, server_time)) = step.vms.zip(step.server_time) {
            check_vms(&vms, options).map_err(|error| malformed(format!(".vms: {error}")))?;
            add(RunInput::Vms { vms, server_time });
        }
        if step.cancel {
            add(RunInput::Cancel);
        }
        if size == 0 {
            steps.push(Self { at_ms, input: None });
        }
        Ok(size)
    }
}

/// The events of a step: JSON as it stands, or any wire form as a JSON text.
fn decode_events(json: &RawValue, with_items: bool) -> Result<(wire::Decoded, Vec<EventSummary>), WireError> {
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
    reason = "a float cast saturates, and what is out of bounds is refused"
)]
fn milliseconds(value: f64) -> Option<u64> {
    let ms = value as u64;
    (value >= 0.0 && ms <= MAX_AT_MS).then_some(ms)
}

/// Written without a fraction, as recordings have it.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields so, whatever their size on the target"
)]
fn whole<S: Serializer>(at_ms: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(milliseconds(*at_ms).unwrap_or_default())
}
