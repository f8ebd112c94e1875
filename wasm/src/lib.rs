//! A thin wasm-bindgen skin over [`vm_customization`]: text and bytes in, JSON text out, times as
//! milliseconds of the host's monotonic clock. No rule of customization stands here.

use js_sys::{Error, Reflect};
use serde::{Deserialize, Serialize};
use vm_customization::{
    wire, Completeness, EventQuery, GuestInfo, HostTime, Ingested, Monitor, Options, OptionsError, Output,
    Playback, PlaybackInput, ReadFailure, RestoreError, ServerTime, Snapshot, TimeDown, Transition, VmRef,
    VmReport,
};
use wasm_bindgen::prelude::{wasm_bindgen, JsValue};

/// The machine that watches the VMs of one vCenter.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawMonitor {
    inner: Monitor,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    vms: Vec<VmRef>,
    #[serde(default)]
    options: Options,
    server_now: ServerTime,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestoreConfig {
    #[serde(default = "yes")]
    time_down_counts: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    outputs: Vec<OutputJson>,
    deadline: Option<DeadlineJson>,
    ended: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingested: Option<Ingested>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum OutputJson {
    Transition {
        transition: Transition,
    },
    Concluded {
        row: Box<VmReport>,
    },
    Stuck {
        vm: String,
        hint: vm_customization::Hint,
    },
    Read {
        query: EventQuery,
    },
    LogIn,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeadlineJson {
    at_ms: f64,
    reason: vm_customization::DeadlineReason,
}

#[wasm_bindgen]
impl RawMonitor {
    /// Starts a run. `config` is JSON: `vms`, `options` as in a recording, and `serverNow`.
    ///
    /// # Errors
    ///
    /// `invalidOptions` when the configuration cannot be used.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str, now_ms: f64) -> Result<RawMonitor, JsValue> {
        let config: Config = parse("invalidOptions", "the configuration", config)?;
        let inner = Monitor::new(config.vms, config.options, config.server_now, host_time(now_ms))
            .map_err(|error: OptionsError| failure("invalidOptions", &error.to_string()))?;
        Ok(Self { inner })
    }

    /// Goes on with a run from a snapshot. `options` is JSON: `timeDownCounts`, true by default.
    ///
    /// # Errors
    ///
    /// `unsupportedSnapshot` or `invalidSnapshot` when it cannot be used.
    pub fn restore(
        snapshot: &str,
        server_now: &str,
        now_ms: f64,
        options: &str,
    ) -> Result<RawMonitor, JsValue> {
        let options: RestoreConfig = parse("invalidOptions", "the restore options", options)?;
        let server_now = server_now
            .parse()
            .map_err(|error: vm_customization::TimeError| failure("invalidOptions", &error.to_string()))?;
        let time_down = if options.time_down_counts {
            TimeDown::Counts
        } else {
            TimeDown::Excluded
        };
        let inner = Snapshot::from_json(snapshot.as_bytes())
            .and_then(|snapshot| Monitor::restore(snapshot, time_down, server_now, host_time(now_ms)))
            .map_err(|error| restore_failure(&error))?;
        Ok(Self { inner })
    }

    /// Drains what is queued.
    pub fn step(&mut self) -> String {
        self.drain(None)
    }

    /// Feeds a document of events in any wire form.
    ///
    /// # Errors
    ///
    /// `wire…` when the document cannot be read; the monitor is then as it was.
    #[wasm_bindgen(js_name = handleEvents)]
    pub fn handle_events(&mut self, document: &[u8], complete: bool, now_ms: f64) -> Result<String, JsValue> {
        let completeness = if complete {
            Completeness::Complete
        } else {
            Completeness::Partial
        };
        let ingested = self
            .inner
            .handle_event_bytes(document, completeness, host_time(now_ms))
            .map_err(|error| wire_failure(&error))?;
        Ok(self.drain(Some(ingested)))
    }

    /// Feeds guest info: a JSON object, or an array of them.
    ///
    /// # Errors
    ///
    /// `invalidInput` when it is none.
    #[wasm_bindgen(js_name = handleGuestInfo)]
    pub fn handle_guest_info(&mut self, json: &str, now_ms: f64) -> Result<String, JsValue> {
        let infos: Vec<GuestInfo> = if json.trim_start().starts_with('[') {
            parse("invalidInput", "the guest info", json)?
        } else {
            vec![parse("invalidInput", "the guest info", json)?]
        };
        for info in infos {
            self.inner.handle_guest_info(info, host_time(now_ms));
        }
        Ok(self.drain(None))
    }

    /// Tells of a failed read: JSON with `kind`, and `vm` and `message` where there are any.
    ///
    /// # Errors
    ///
    /// `invalidInput` when it is none.
    #[wasm_bindgen(js_name = handleReadFailed)]
    pub fn handle_read_failed(&mut self, json: &str, now_ms: f64) -> Result<String, JsValue> {
        let read_failure: ReadFailure = parse("invalidInput", "the read failure", json)?;
        self.inner.handle_read_failed(read_failure, host_time(now_ms));
        Ok(self.drain(None))
    }

    /// Tells that the log-in asked for was done.
    #[wasm_bindgen(js_name = handleLoggedIn)]
    pub fn handle_logged_in(&mut self, now_ms: f64) -> String {
        self.inner.handle_logged_in(host_time(now_ms));
        self.drain(None)
    }

    /// From now on watches the VMs of a JSON array.
    ///
    /// # Errors
    ///
    /// `invalidOptions` when they cannot be used; the monitor is then as it was.
    #[wasm_bindgen(js_name = setVms)]
    pub fn set_vms(&mut self, vms: &str, server_now: &str, now_ms: f64) -> Result<String, JsValue> {
        let vms: Vec<VmRef> = parse("invalidOptions", "the VMs", vms)?;
        let server_now = server_now
            .parse()
            .map_err(|error: vm_customization::TimeError| failure("invalidOptions", &error.to_string()))?;
        self.inner
            .set_vms(vms, server_now, host_time(now_ms))
            .map_err(|error| failure("invalidOptions", &error.to_string()))?;
        Ok(self.drain(None))
    }

    /// Tells that time has passed.
    #[wasm_bindgen(js_name = handleTimeout)]
    pub fn handle_timeout(&mut self, now_ms: f64) -> String {
        self.inner.handle_timeout(host_time(now_ms));
        self.drain(None)
    }

    /// Ends the run at once.
    pub fn cancel(&mut self, now_ms: f64) -> String {
        self.inner.cancel(host_time(now_ms));
        self.drain(None)
    }

    /// The report as of the last input.
    pub fn report(&self) -> String {
        to_json(&self.inner.report())
    }

    /// Rows as of the last input, as a JSON array: of the VMs of a JSON array such as
    /// `[{"vm":"vm-101"}]`, without those that are not watched; of all VMs where it is empty text.
    ///
    /// # Errors
    ///
    /// `invalidInput` when it is neither.
    pub fn rows(&self, vms: &str) -> Result<String, JsValue> {
        if vms.is_empty() {
            return Ok(to_json(&self.inner.rows()));
        }
        let vms: Vec<VmRef> = parse("invalidInput", "the VMs", vms)?;
        let rows: Vec<VmReport> = vms.iter().filter_map(|vm| self.inner.row(&vm.vm)).collect();
        Ok(to_json(&rows))
    }

    /// The run as data, to go on elsewhere.
    pub fn snapshot(&self) -> String {
        self.inner.snapshot().to_json()
    }

    fn drain(&mut self, ingested: Option<Ingested>) -> String {
        let mut outputs = Vec::new();
        while let Some(output) = self.inner.poll_output() {
            outputs.push(match output {
                Output::Transition(transition) => OutputJson::Transition { transition },
                Output::Concluded(row) => OutputJson::Concluded { row },
                Output::Stuck { vm, hint } => OutputJson::Stuck { vm, hint },
                Output::Read(query) => OutputJson::Read { query },
                Output::LogIn => OutputJson::LogIn,
                // The core is built with this skin, so every output it has is listed above.
                _ => continue,
            });
        }
        let deadline = self.inner.poll_timeout().map(|deadline| DeadlineJson {
            at_ms: milliseconds(deadline.at),
            reason: deadline.reason,
        });
        to_json(&Step {
            outputs,
            deadline,
            ended: self.inner.is_ended(),
            ingested,
        })
    }
}

/// Plays one recording by hand.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawPlayback {
    inner: Playback,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaybackHead<'a> {
    started_at: ServerTime,
    vms: &'a [VmRef],
    end_ms: u64,
    inputs: &'a [PlaybackInput],
    event_count: usize,
}

#[wasm_bindgen]
impl RawPlayback {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// `invalidRecording` when it is none.
    #[wasm_bindgen(constructor)]
    pub fn new(recording: &[u8]) -> Result<RawPlayback, JsValue> {
        let inner = Playback::from_json(recording)
            .map_err(|error| failure("invalidRecording", &error.to_string()))?;
        Ok(Self { inner })
    }

    /// What does not change.
    pub fn head(&self) -> String {
        to_json(&PlaybackHead {
            started_at: self.inner.started_at(),
            vms: self.inner.vms(),
            end_ms: self.inner.end_ms(),
            inputs: self.inner.inputs(),
            event_count: self.inner.event_count(),
        })
    }

    /// The state at a time.
    pub fn seek(&mut self, at_ms: f64) -> String {
        to_json(&self.inner.seek(host_time(at_ms).as_millis()))
    }

    /// The state after an event; a negative index is the start.
    #[wasm_bindgen(js_name = seekEvent)]
    pub fn seek_event(&mut self, index: i32) -> String {
        to_json(&self.inner.seek_event(usize::try_from(index).ok()))
    }

    /// The report at the present position.
    pub fn report(&self) -> String {
        to_json(&self.inner.report())
    }
}

/// Plays one recording, or one per line; gives a report per line.
#[wasm_bindgen]
pub fn replay(input: &[u8]) -> String {
    vm_customization::replay(input)
}

/// The items of a document of events as a VI JSON array, as a recording holds them.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = eventsToJson)]
pub fn events_to_json(document: &[u8]) -> Result<String, JsValue> {
    wire::to_vi_json(document).map_err(|error| wire_failure(&error))
}

/// The events of a document, of any type, as a JSON array for views.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = summarizeEvents)]
pub fn summarize_events(document: &[u8]) -> Result<String, JsValue> {
    wire::summarize(document)
        .map(|summaries| to_json(&summaries))
        .map_err(|error| wire_failure(&error))
}

/// The keys of the items of a document, as a JSON array.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = eventKeys)]
pub fn event_keys(document: &[u8]) -> Result<String, JsValue> {
    wire::event_keys(document).map_err(|error| wire_failure(&error))
}

/// A small SOAP answer as a JSON tree.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = soapTree)]
pub fn soap_tree(document: &[u8]) -> Result<String, JsValue> {
    wire::soap_tree(document).map_err(|error| wire_failure(&error))
}

/// JavaScript counts in floating-point milliseconds; a cast clamps what is negative, no number or
/// out of range.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates"
)]
fn host_time(ms: f64) -> HostTime {
    HostTime::from_millis(ms as u64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact for the first 285,000 years of the host's clock"
)]
fn milliseconds(time: HostTime) -> f64 {
    time.as_millis() as f64
}

fn parse<'a, T: Deserialize<'a>>(code: &str, what: &str, json: &'a str) -> Result<T, JsValue> {
    serde_json::from_str(json).map_err(|error| failure(code, &format!("{what}: {error}")))
}

fn to_json(value: &impl Serialize) -> String {
    // The shapes are strings, numbers and lists: there is nothing that could fail.
    serde_json::to_string(value).unwrap_or_default()
}

fn restore_failure(error: &RestoreError) -> JsValue {
    failure(error.code(), &error.to_string())
}

fn wire_failure(error: &wire::WireError) -> JsValue {
    failure(error.code(), &error.to_string())
}

/// A real `Error` with a stable `code`.
fn failure(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&error, &JsValue::from_str("code"), &JsValue::from_str(code));
    error.into()
}
