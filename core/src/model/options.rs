//! What a run is asked to do.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{de, Deserialize, Deserializer, Serialize};

use crate::model::json::number;
use crate::model::text::{bytes_of, label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// The most VMs that one monitor takes.
pub const MAX_VMS: usize = 100_000;

/// The longest duration that an option takes: about 31 years.
pub(crate) const MAX_SECONDS: u64 = 1_000_000_000;

const DEFAULT_LOOKBACK: Duration = Duration::from_secs(300);

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

    pub(crate) fn truncate(mut self) -> Self {
        self.name = self.name.filter(|name| !name.is_empty()).map(|name| label(&name));
        self
    }

    pub(crate) fn text_bytes(&self) -> usize {
        bytes_of(self.name.as_deref())
    }
}

/// Which rules decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Rules {
    /// D1–D19: what users get.
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

/// What of a guest is waited for after its customization succeeded (rule D19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Ready {
    /// VMware Tools run: `guest.toolsRunningStatus` is `guestToolsRunning`.
    Tools,
    /// Beside that the guest takes guest operations: `guest.guestOperationsReady` is true.
    GuestOperations,
}

/// Where the window of events opens (rule D1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Window {
    /// So long before the start, in server time.
    Lookback(Duration),
    /// At a server time that the caller took before the power-on.
    Since(ServerTime),
}

/// The options of a run. As JSON they have the names and defaults of the recording format.
///
/// Durations are rounded to milliseconds (half up); one over 1e9 seconds, about 31 years, counts as that long.
///
/// ```
/// use vm_customization::{Options, Attempts};
/// let options: Options = serde_json::from_str(r#"{"timeoutSeconds":null,"attempts":"reopen"}"#)?;
/// assert_eq!(options.timeout, None);
/// assert_eq!(options.attempts, Attempts::Reopen);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OptionsJson", into = "OptionsJson")]
pub struct Options {
    /// Which rules decide.
    pub rules: Rules,
    /// Host time until the deadline; `None` waits for ever. Default 600 s.
    pub timeout: Option<Duration>,
    /// Where the window of events opens. Default 300 s before the start.
    pub window: Window,
    /// Host time between two safety reads. Default 15 s.
    pub poll_interval: Duration,
    /// Whether a VM without a power-on is waited for until the deadline (rule D7).
    pub wait_for_power_on: bool,
    /// What a power-on after the start means.
    pub attempts: Attempts,
    /// Host time without a transition after which a row gets a [hint](crate::Hint). Default 600 s.
    pub stuck_after: Duration,
    /// What a guest must be before a VM that succeeded is concluded; `None` takes success for enough (rule D19).
    pub ready: Option<Ready>,
    /// Host time for which reads must go on showing a guest that is ready. Default 30 s.
    pub settle: Duration,
}

impl Options {
    pub(crate) fn timeout_ms(&self) -> Option<u64> {
        self.timeout.map(to_ms)
    }

    pub(crate) fn poll_interval_ms(&self) -> u64 {
        to_ms(self.poll_interval)
    }

    pub(crate) fn stuck_after_ms(&self) -> u64 {
        to_ms(self.stuck_after)
    }

    pub(crate) fn settle_ms(&self) -> u64 {
        to_ms(self.settle)
    }
}

/// Whole milliseconds, no more than an option takes.
pub(crate) fn to_ms(duration: Duration) -> u64 {
    let rounded = duration.saturating_add(Duration::from_micros(500)).as_millis();
    u64::try_from(rounded).map_or(MAX_SECONDS * 1000, |ms| ms.min(MAX_SECONDS * 1000))
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Rules::Default,
            timeout: Some(Duration::from_secs(600)),
            window: Window::Lookback(DEFAULT_LOOKBACK),
            poll_interval: Duration::from_secs(15),
            wait_for_power_on: false,
            attempts: Attempts::Follow,
            stuck_after: Duration::from_secs(600),
            ready: None,
            settle: Duration::from_secs(30),
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
    #[serde(deserialize_with = "server_now")]
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
    #[serde(deserialize_with = "since", skip_serializing_if = "Option::is_none")]
    since: Option<ServerTime>,
    poll_interval_seconds: f64,
    wait_for_power_on: bool,
    attempts: Attempts,
    stuck_after_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<Ready>,
    settle_seconds: f64,
}

impl Default for OptionsJson {
    fn default() -> Self {
        Options::default().into()
    }
}

impl TryFrom<OptionsJson> for Options {
    type Error = String;

    fn try_from(json: OptionsJson) -> Result<Self, String> {
        let lookback = duration(json.lookback_seconds, "lookbackSeconds")?;
        Ok(Self {
            rules: json.rules,
            timeout: json
                .timeout_seconds
                .map(|seconds| duration(seconds, "timeoutSeconds"))
                .transpose()?,
            window: json.since.map_or(Window::Lookback(lookback), Window::Since),
            poll_interval: duration(json.poll_interval_seconds, "pollIntervalSeconds")?,
            wait_for_power_on: json.wait_for_power_on,
            attempts: json.attempts,
            stuck_after: duration(json.stuck_after_seconds, "stuckAfterSeconds")?,
            ready: json.ready,
            settle: duration(json.settle_seconds, "settleSeconds")?,
        })
    }
}

impl From<Options> for OptionsJson {
    fn from(options: Options) -> Self {
        let (lookback, since) = match options.window {
            Window::Lookback(lookback) => (lookback, None),
            Window::Since(time) => (DEFAULT_LOOKBACK, Some(time)),
        };
        Self {
            rules: options.rules,
            timeout_seconds: options.timeout.map(to_seconds),
            lookback_seconds: to_seconds(lookback),
            since,
            poll_interval_seconds: to_seconds(options.poll_interval),
            wait_for_power_on: options.wait_for_power_on,
            attempts: options.attempts,
            stuck_after_seconds: to_seconds(options.stuck_after),
            ready: options.ready,
            settle_seconds: to_seconds(options.settle),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "options hold at most 1e12 milliseconds"
)]
fn to_seconds(duration: Duration) -> f64 {
    to_ms(duration) as f64 / 1000.0
}

fn duration(seconds: f64, field: &str) -> Result<Duration, String> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration <= Duration::from_secs(MAX_SECONDS) => {
            Ok(Duration::from_millis(to_ms(duration)))
        }
        Ok(_) | Err(_) => Err(format!(
            "`{field}` is {}: give a number of seconds between 0 and {MAX_SECONDS}",
            number(seconds)
        )),
    }
}

fn since<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ServerTime>, D::Error> {
    Option::deserialize(deserializer).map_err(|error| named("since", &error))
}

fn server_now<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ServerTime, D::Error> {
    ServerTime::deserialize(deserializer).map_err(|error| named("serverNow", &error))
}

/// A text that is no time does not say which time it was to be.
fn named<E: de::Error>(field: &str, error: &E) -> E {
    E::custom(format_args!("`{field}`: {error}"))
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
            timeout: None,
            window: Window::Since(ServerTime::from_unix_ms(1)),
            poll_interval: Duration::from_millis(1500),
            ready: Some(Ready::GuestOperations),
            settle: Duration::ZERO,
            ..Options::default()
        };
        let json = serde_json::to_string(&options).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Options>(&json).ok(), Some(options));
    }

    #[test]
    fn a_duration_is_rounded_to_milliseconds_and_bounded() {
        for (nanos, ms) in [(0, 0), (499_999, 0), (500_000, 1), (1_499_999, 1), (1_500_000, 2)] {
            assert_eq!(to_ms(Duration::from_nanos(nanos)), ms);
        }
        let longest = Duration::from_secs(MAX_SECONDS);
        let just_less = Duration::from_millis(MAX_SECONDS * 1000 - 1);
        assert_eq!(to_ms(just_less) + 1, to_ms(longest));
        assert_eq!(to_ms(longest + Duration::from_millis(1)), to_ms(longest));
        assert_eq!(to_ms(Duration::MAX), to_ms(longest));
    }

    #[test]
    fn whatever_the_options_are_they_can_be_read_again() {
        for duration in [Duration::ZERO, Duration::from_micros(1500), Duration::MAX] {
            let options = Options {
                timeout: Some(duration),
                window: Window::Lookback(duration),
                poll_interval: duration,
                stuck_after: duration,
                settle: duration,
                ..Options::default()
            };
            let json = serde_json::to_string(&options).unwrap_or_default();
            let again: Options = serde_json::from_str(&json).unwrap_or_default();
            assert_eq!(again.timeout_ms(), options.timeout_ms(), "{json}");
            assert_eq!(again.poll_interval_ms(), options.poll_interval_ms());
            assert_eq!(again.stuck_after_ms(), options.stuck_after_ms());
            assert_eq!(again.settle_ms(), options.settle_ms());
            assert_eq!(serde_json::to_string(&again).unwrap_or_default(), json);
        }
    }

    #[test]
    fn a_bad_option_is_named() {
        for (json, name) in [
            (r#"{"timeoutSeconds":-1}"#, "`timeoutSeconds` is -1: "),
            (r#"{"timeoutSeconds":-0.5}"#, "`timeoutSeconds` is -0.5: "),
            (
                r#"{"since":"2026-13-01T10:00:00Z"}"#,
                "`since`: `2026-13-01T10:00:00Z` is",
            ),
            (r#"{"since":5}"#, "`since`: invalid type"),
            (r#"{"lookbackSeconds":1e300}"#, "lookbackSeconds"),
            (r#"{"timeout":5}"#, "timeout"),
            (r#"{"attempts":"all"}"#, "follow"),
            (r#"{"ready":"soon"}"#, "guestOperations"),
            (r#"{"settleSeconds":-1}"#, "settleSeconds"),
        ] {
            let message = serde_json::from_str::<Options>(json).map_err(|error| error.to_string());
            assert!(
                message.as_ref().is_err_and(|text| text.contains(name)),
                "{message:?}"
            );
        }
    }
}
