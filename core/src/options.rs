//! What a run is asked to do.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{label, MAX_STRING_BYTES};
use crate::time::ServerTime;

/// The most VMs that one monitor takes.
pub const MAX_VMS: usize = 100_000;

/// The longest duration that an option takes: about 31 years.
const MAX_SECONDS: f64 = 1e9;

/// A VM to watch: the value of its managed object reference, and a name for people.
///
/// A name is a label, never an identity: VMs are renamed, and names repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmRef {
    /// The managed object reference value, such as `vm-101`.
    pub vm: String,
    /// The name to report; without it the one in the VM's events is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Attempts {
    /// It opens a new attempt unless the current one has a result.
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
            window: Window::LookbackMs(300_000),
            poll_interval_ms: 15_000,
            wait_for_power_on: false,
            attempts: Attempts::Follow,
            stuck_after_ms: 600_000,
        }
    }
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

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OptionsJson {
    #[serde(default = "default_rules")]
    rules: Rules,
    #[serde(default = "default_timeout")]
    timeout_seconds: Option<f64>,
    #[serde(default = "default_lookback")]
    lookback_seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<ServerTime>,
    #[serde(default = "default_poll_interval")]
    poll_interval_seconds: f64,
    #[serde(default)]
    wait_for_power_on: bool,
    #[serde(default = "default_attempts")]
    attempts: Attempts,
    #[serde(default = "default_stuck_after")]
    stuck_after_seconds: f64,
}

fn default_rules() -> Rules {
    Options::default().rules
}
#[expect(clippy::unnecessary_wraps, reason = "serde asks for the field's type")]
fn default_timeout() -> Option<f64> {
    Some(600.0)
}
fn default_lookback() -> f64 {
    300.0
}
fn default_poll_interval() -> f64 {
    15.0
}
fn default_attempts() -> Attempts {
    Options::default().attempts
}
fn default_stuck_after() -> f64 {
    600.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to lie between 0 and 1e12"
)]
fn to_ms<E: serde::de::Error>(seconds: f64, field: &str) -> Result<u64, E> {
    if (0.0..=MAX_SECONDS).contains(&seconds) {
        // `f64::round` needs std.
        Ok((seconds * 1000.0 + 0.5) as u64)
    } else {
        Err(E::custom(format_args!(
            "`{field}` is {seconds}: give a number of seconds between 0 and {MAX_SECONDS}"
        )))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "options hold at most 1e12 milliseconds"
)]
fn to_seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = OptionsJson::deserialize(deserializer)?;
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

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (lookback, since) = match self.window {
            Window::LookbackMs(ms) => (to_seconds(ms), None),
            Window::Since(time) => (default_lookback(), Some(time)),
        };
        OptionsJson {
            rules: self.rules,
            timeout_seconds: self.timeout_ms.map(to_seconds),
            lookback_seconds: lookback,
            since,
            poll_interval_seconds: to_seconds(self.poll_interval_ms),
            wait_for_power_on: self.wait_for_power_on,
            attempts: self.attempts,
            stuck_after_seconds: to_seconds(self.stuck_after_ms),
        }
        .serialize(serializer)
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
