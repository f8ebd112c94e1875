//! What a run is asked to do.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::model::text::{label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// The most VMs that one monitor takes.
pub const MAX_VMS: usize = 100_000;

/// The longest duration that an option takes: about 31 years.
pub(crate) const MAX_SECONDS: u64 = 1_000_000_000;

const DEFAULT_LOOKBACK_MS: u64 = 300_000;

/// A VM to watch: the value of its managed object reference, and a name for people.
///
/// A name is a label, never an identity: VMs are renamed, and names repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a VM such as `{\"vm\":\"vm-101\"}`")]
pub struct VmRef {
    /// The managed object reference value, such as `vm-101`.
    pub vm: String,
    /// The name to report; without it the one in the VM's events is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl VmRef {
    /// A VM without a name.
    pub fn new(vm: impl Into<String>) -> Self {
        Self {
            vm: vm.into(),
            name: None,
        }
    }

    /// The same with a name for people.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub(crate) fn bounded(mut self) -> Self {
        self.name = self.name.filter(|name| !name.is_empty()).map(|name| label(&name));
        self
    }
}

/// Which rules decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Rules {
    /// D1–D18: what users get.
    Default,
    /// P1–P8: the `PowerCLI` script of 2011, exactly. It takes no option but the timeout.
    Published,
}

/// What a power-on after the start of the run means (rule D6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Attempts {
    /// It opens a new attempt unless the current one has a result.
    #[default]
    Follow,
    /// It is ignored.
    First,
    /// It opens a new attempt always, and the run goes on until its deadline.
    Reopen,
}

/// Where the window of events opens (rule D1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// So many milliseconds before the start, in server time.
    LookbackMs(u64),
    /// At a server time that the caller took before the power-on.
    Since(ServerTime),
}

/// The options of a run. As JSON they have the names and defaults of the recording format.
///
/// ```
/// use vm_customization::{Options, Attempts};
/// let options: Options = serde_json::from_str(r#"{"timeoutSeconds":null,"attempts":"reopen"}"#)?;
/// assert_eq!(options.timeout_ms, None);
/// assert_eq!(options.attempts, Attempts::Reopen);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OptionsJson", into = "OptionsJson")]
pub struct Options {
    /// Which rules decide.
    pub rules: Rules,
    /// Milliseconds of host time until the deadline; `None` waits for ever.
    pub timeout_ms: Option<u64>,
    /// Where the window of events opens.
    pub window: Window,
    /// Milliseconds between two safety reads.
    pub poll_interval_ms: u64,
    /// Whether a VM without a power-on is waited for until the deadline (rule D7).
    pub wait_for_power_on: bool,
    /// What a power-on after the start means.
    pub attempts: Attempts,
    /// Milliseconds without a transition after which a row gets a [hint](crate::Hint).
    pub stuck_after_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Rules::Default,
            timeout_ms: Some(600_000),
            window: Window::LookbackMs(DEFAULT_LOOKBACK_MS),
            poll_interval_ms: 15_000,
            wait_for_power_on: false,
            attempts: Attempts::Follow,
            stuck_after_ms: 600_000,
        }
    }
}

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "`vms`, `options` and `serverNow`")]
pub struct RunConfig {
    /// The VMs to watch.
    pub vms: Vec<VmRef>,
    /// The options, those of a recording.
    #[serde(default)]
    pub options: Options,
    /// The server time of the start.
    pub server_now: ServerTime,
}

/// Why a run cannot be set up as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// More than [`MAX_VMS`] VMs.
    TooManyVms(usize),
    /// A VM without a managed object reference value, at this place in the list.
    EmptyVm(usize),
    /// A VM whose managed object reference value is longer than 4 KiB, at this place in the list.
    LongVm(usize),
    /// A poll interval of nothing.
    ZeroPollInterval,
    /// Other VMs under the published rules, which know one list for the whole run.
    FixedVms,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyVms(count) => write!(
                f,
                "{count} VMs are more than one monitor takes: split them into groups of at most {MAX_VMS}"
            ),
            Self::EmptyVm(index) => write!(
                f,
                "vms[{index}].vm is empty: give the VM's managed object reference value, such as `vm-101`"
            ),
            Self::LongVm(index) => write!(
                f,
                "vms[{index}].vm is longer than {MAX_STRING_BYTES} bytes: give the VM's managed object reference value, such as `vm-101`"
            ),
            Self::ZeroPollInterval => {
                f.write_str("`pollIntervalSeconds` is 0: give a time between reads, such as 15")
            }
            Self::FixedVms => f.write_str(
                "the `published` rules watch the same VMs for the whole run: start another run, or use the `default` rules",
            ),
        }
    }
}

impl core::error::Error for OptionsError {}

/// [`Options`] as they are in JSON.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields, expecting = "options")]
struct OptionsJson {
    rules: Rules,
    timeout_seconds: Option<f64>,
    lookback_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<ServerTime>,
    poll_interval_seconds: f64,
    wait_for_power_on: bool,
    attempts: Attempts,
    stuck_after_seconds: f64,
}

impl Default for OptionsJson {
    fn default() -> Self {
        Options::default().into()
    }
}

impl TryFrom<OptionsJson> for Options {
    type Error = String;

    fn try_from(json: OptionsJson) -> Result<Self, String> {
        let lookback = to_ms(json.lookback_seconds, "lookbackSeconds")?;
        Ok(Self {
            rules: json.rules,
            timeout_ms: json
                .timeout_seconds
                .map(|seconds| to_ms(seconds, "timeoutSeconds"))
                .transpose()?,
            window: json.since.map_or(Window::LookbackMs(lookback), Window::Since),
            poll_interval_ms: to_ms(json.poll_interval_seconds, "pollIntervalSeconds")?,
            wait_for_power_on: json.wait_for_power_on,
            attempts: json.attempts,
            stuck_after_ms: to_ms(json.stuck_after_seconds, "stuckAfterSeconds")?,
        })
    }
}

impl From<Options> for OptionsJson {
    fn from(options: Options) -> Self {
        let (lookback_ms, since) = match options.window {
            Window::LookbackMs(ms) => (ms, None),
            Window::Since(time) => (DEFAULT_LOOKBACK_MS, Some(time)),
        };
        Self {
            rules: options.rules,
            timeout_seconds: options.timeout_ms.map(to_seconds),
            lookback_seconds: to_seconds(lookback_ms),
            since,
            poll_interval_seconds: to_seconds(options.poll_interval_ms),
            wait_for_power_on: options.wait_for_power_on,
            attempts: options.attempts,
            stuck_after_seconds: to_seconds(options.stuck_after_ms),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "options hold at most 1e12 milliseconds"
)]
fn to_seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and what is out of bounds is refused"
)]
fn to_ms(seconds: f64, field: &str) -> Result<u64, String> {
    // `f64::round` needs std.
    let ms = (seconds * 1000.0 + 0.5) as u64;
    if seconds >= 0.0 && ms <= MAX_SECONDS * 1000 {
        Ok(ms)
    } else {
        Err(format!(
            "`{field}` is {seconds:?}: give a number of seconds between 0 and {MAX_SECONDS}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn options_left_out_take_the_defaults_of_the_recording_format() {
        assert_eq!(
            serde_json::from_str::<Options>("{}").ok(),
            Some(Options::default())
        );
    }

    #[test]
    fn options_survive_a_round_trip() {
        let options = Options {
            timeout_ms: None,
            window: Window::Since(ServerTime::from_unix_ms(1)),
            poll_interval_ms: 1500,
            ..Options::default()
        };
        let json = serde_json::to_string(&options).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Options>(&json).ok(), Some(options));
    }

    #[test]
    fn a_bad_option_is_named() {
        for (json, name) in [
            (r#"{"timeoutSeconds":-1}"#, "timeoutSeconds"),
            (r#"{"lookbackSeconds":1e300}"#, "lookbackSeconds"),
            (r#"{"timeout":5}"#, "timeout"),
            (r#"{"attempts":"all"}"#, "follow"),
        ] {
            let message = serde_json::from_str::<Options>(json).map_err(|error| error.to_string());
            assert!(
                message.as_ref().is_err_and(|text| text.contains(name)),
                "{message:?}"
            );
        }
    }
}
