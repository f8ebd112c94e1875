//! Thin wasm-bindgen bindings of [`vm_customization`]: text and bytes in, JSON text out, times as
//! milliseconds of the host's monotonic clock. No rule of customization stands here.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};

use vm_customization::{
    wire, Completeness, GuestInfo, HostTime, Ingested, Monitor, OptionsError, Playback, ReadFailure,
    Recording, RestoreError, RunConfig, RunInput, ServerTime, Snapshot, TimeDown, TimeError, VmRef,
};
use wasm_bindgen::prelude::{wasm_bindgen, JsValue};

#[wasm_bindgen]
extern "C" {
    /// JavaScript's `Error`.
    type Error;

    #[wasm_bindgen(constructor)]
    fn new(message: &str) -> Error;

    #[wasm_bindgen(method, setter)]
    fn set_name(this: &Error, name: &str);

    #[wasm_bindgen(method, setter)]
    fn set_kind(this: &Error, kind: &str);
}

// That of std, which does not come along.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A trap, as with std; but no message is printed to nowhere.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The machine that watches the VMs of one vCenter.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawMonitor {
    inner: Monitor,
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
        let config = RunConfig::from_json(config)
            .map_err(|error| refusal("invalidOptions", "the configuration", &error))?;
        let inner = Monitor::new(config.vms, config.options, config.server_now, host_time(now_ms))
            .map_err(|error: OptionsError| failure("invalidOptions", &error.to_string()))?;
        Ok(Self { inner })
    }

    /// Goes on with a run from a snapshot.
    ///
    /// # Errors
    ///
    /// `unsupportedSnapshot` or `invalidSnapshot` when it cannot be used.
    pub fn restore(
        snapshot: &str,
        server_now: &str,
        now_ms: f64,
        time_down_counts: bool,
    ) -> Result<RawMonitor, JsValue> {
        let time_down = if time_down_counts {
            TimeDown::Counts
        } else {
            TimeDown::Excluded
        };
        let server_now = server_time(server_now)?;
        let inner = Snapshot::from_json(snapshot.as_bytes())
            .and_then(|snapshot| Monitor::restore(snapshot, time_down, server_now, host_time(now_ms)))
            .map_err(|error| restore_failure(&error))?;
        Ok(Self { inner })
    }

    /// Drains what is queued.
    pub fn drain(&mut self) -> String {
        self.update(None)
    }

    /// Feeds a document of events in any wire form.
    ///
    /// # Errors
    ///
    /// `wire…` when the document cannot be read; the monitor is then as it was.
    #[wasm_bindgen(js_name = handleEvents)]
    pub fn handle_events(&mut self, document: &[u8], complete: bool, now_ms: f64) -> Result<String, JsValue> {
        let ingested = self
            .inner
            .handle_event_bytes(document, completeness(complete), host_time(now_ms))
            .map_err(|error| wire_failure(&error))?;
        Ok(self.update(Some(ingested)))
    }

    /// Feeds guest info: a JSON object, or an array of them. `answers` is the number of the read of properties that it answers.
    ///
    /// # Errors
    ///
    /// `invalidInput` when it is none.
    #[wasm_bindgen(js_name = handleGuestInfo)]
    pub fn handle_guest_info(
        &mut self,
        json: &str,
        now_ms: f64,
        answers: Option<u32>,
    ) -> Result<String, JsValue> {
        let infos = GuestInfo::list_from_json(json)
            .map_err(|error| refusal("invalidInput", "the guest info", &error))?;
        let now = host_time(now_ms);
        match answers {
            Some(number) => self.inner.handle_guest_answer(number, infos, now),
            None => self.inner.handle_guest_info(infos, now),
        }
        Ok(self.update(None))
    }

    /// Tells of a failed read: JSON with `kind`, and `vm` and `message` where there are any.
    ///
    /// # Errors
    ///
    /// `invalidInput` when it is none.
    #[wasm_bindgen(js_name = handleReadFailed)]
    pub fn handle_read_failed(&mut self, json: &str, now_ms: f64) -> Result<String, JsValue> {
        let read_failure = ReadFailure::from_json(json)
            .map_err(|error| refusal("invalidInput", "the read failure", &error))?;
        self.inner.handle_read_failed(read_failure, host_time(now_ms));
        Ok(self.update(None))
    }

    /// Tells that the log-in asked for was done.
    #[wasm_bindgen(js_name = handleLoggedIn)]
    pub fn handle_logged_in(&mut self, now_ms: f64) -> String {
        self.inner.handle_logged_in(host_time(now_ms));
        self.update(None)
    }

    /// From now on watches the VMs of a JSON array.
    ///
    /// # Errors
    ///
    /// `invalidOptions` when they cannot be used; the monitor is then as it was.
    #[wasm_bindgen(js_name = setVms)]
    pub fn set_vms(&mut self, vms: &str, server_now: &str, now_ms: f64) -> Result<String, JsValue> {
        let vms = VmRef::list_from_json(vms).map_err(|error| refusal("invalidOptions", "the VMs", &error))?;
        let server_now = server_time(server_now)?;
        self.inner
            .set_vms(vms, server_now, host_time(now_ms))
            .map_err(|error| failure("invalidOptions", &error.to_string()))?;
        Ok(self.update(None))
    }

    /// Tells that time has passed.
    #[wasm_bindgen(js_name = handleTimeout)]
    pub fn handle_timeout(&mut self, now_ms: f64) -> String {
        self.inner.handle_timeout(host_time(now_ms));
        self.update(None)
    }

    /// Ends the run at once.
    pub fn cancel(&mut self, now_ms: f64) -> String {
        self.inner.cancel(host_time(now_ms));
        self.update(None)
    }

    /// The report as of the last input.
    pub fn report(&self) -> String {
        self.inner.report().to_json()
    }

    /// Rows as of the last input, as a JSON array: of the VMs of a JSON array such as
    /// `[{"vm":"vm-101"}]`, without those that are not watched; of all VMs where it is empty text.
    ///
    /// # Errors
    ///
    /// `invalidInput` when it is neither.
    pub fn rows(&self, vms: &str) -> Result<String, JsValue> {
        if vms.is_empty() {
            return Ok(self.inner.rows_to_json());
        }
        let vms = VmRef::list_from_json(vms).map_err(|error| refusal("invalidInput", "the VMs", &error))?;
        Ok(self.inner.rows_of_to_json(&vms))
    }

    /// The run as data, to go on elsewhere.
    pub fn snapshot(&self) -> String {
        self.inner.snapshot().to_json()
    }

    fn update(&mut self, ingested: Option<Ingested>) -> String {
        self.inner.drain(ingested).to_json()
    }
}

/// Plays one recording interactively.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawPlayback {
    inner: Playback,
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
        self.inner.head_to_json()
    }

    /// The state at a time.
    pub fn seek(&mut self, at_ms: f64) -> String {
        self.inner.seek(host_time(at_ms).as_millis()).to_json()
    }

    /// The state after an event; a negative index is the start.
    #[wasm_bindgen(js_name = seekEvent)]
    pub fn seek_event(&mut self, index: i32) -> String {
        self.inner.seek_event(usize::try_from(index).ok()).to_json()
    }

    /// The report at the present position.
    pub fn report(&self) -> String {
        self.inner.report().to_json()
    }
}

/// Plays one recording, or one per line; gives a report per line.
#[wasm_bindgen]
pub fn replay(input: &[u8]) -> String {
    vm_customization::replay(input)
}

/// A recording without steps. `config` is JSON, as for a monitor: `vms`, `options` and `serverNow`.
///
/// # Errors
///
/// `invalidOptions` when the configuration cannot be used.
#[wasm_bindgen(js_name = recordingHead)]
pub fn recording_head(config: &str) -> Result<String, JsValue> {
    let config = RunConfig::from_json(config)
        .map_err(|error| refusal("invalidOptions", "the configuration", &error))?;
    Ok(Recording::to_json(&config, &[]))
}

/// The step of a recording that feeds a document of events in any wire form.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = recordingEvents)]
pub fn recording_events(document: &[u8], complete: bool, at_ms: f64) -> Result<String, JsValue> {
    RunInput::events_to_step(document, completeness(complete), host_time(at_ms).as_millis())
        .map_err(|error| wire_failure(&error))
}

/// The step of a recording that feeds another input: JSON as a step has it.
///
/// # Errors
///
/// `invalidInput` when it is none.
#[wasm_bindgen(js_name = recordingStep)]
pub fn recording_step(step: &str) -> Result<String, JsValue> {
    RunInput::step_from_json(step).map_err(|error| failure("invalidInput", &error.to_string()))
}

/// The core's limits and defaults as JSON.
#[wasm_bindgen]
pub fn limits() -> String {
    vm_customization::limits_to_json()
}

/// The items of a document of events as JSON, for a host that makes a recording of them.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = itemsToJson)]
pub fn items_to_json(document: &[u8]) -> Result<String, JsValue> {
    wire::items_to_json(document).map_err(|error| wire_failure(&error))
}

/// The events of a document, of any type, as a JSON array for views.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = summarizeEvents)]
pub fn summarize_events(document: &[u8]) -> Result<String, JsValue> {
    wire::summarize_to_json(document).map_err(|error| wire_failure(&error))
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

/// A SOAP answer as a JSON tree; where `levels` is given, only of the elements so many levels below
/// the root.
///
/// # Errors
///
/// `wire…` when the document cannot be read.
#[wasm_bindgen(js_name = soapTree)]
pub fn soap_tree(document: &[u8], levels: Option<u32>) -> Result<String, JsValue> {
    let levels = levels.map_or(usize::MAX, |levels| levels as usize);
    wire::soap_tree_to(document, levels).map_err(|error| wire_failure(&error))
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

fn completeness(complete: bool) -> Completeness {
    if complete {
        Completeness::Complete
    } else {
        Completeness::Partial
    }
}

fn server_time(server_now: &str) -> Result<ServerTime, JsValue> {
    server_now
        .parse()
        .map_err(|error: TimeError| refusal("invalidOptions", "`serverNow`", &error.to_string()))
}

fn refusal(code: &str, what: &str, error: &str) -> JsValue {
    failure(code, &format!("{what}: {error}"))
}

fn restore_failure(error: &RestoreError) -> JsValue {
    failure(error.code(), &error.to_string())
}

/// With the kind of the failed read that it is, as `kind`.
fn wire_failure(error: &wire::WireError) -> JsValue {
    let js_error = named_error(error.code(), &error.to_string());
    js_error.set_kind(&error.read_failure().kind.to_string());
    js_error.into()
}

fn failure(code: &str, message: &str) -> JsValue {
    named_error(code, message).into()
}

/// A real `Error` whose name is a stable code.
fn named_error(code: &str, message: &str) -> Error {
    let error = Error::new(message);
    error.set_name(code);
    error
}
