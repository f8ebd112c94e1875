//! What a run is asked to do.

use alloc::format;
use alloc::string::String;
use core::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fields::{deserialize, document, object, read, serialize, shown_number, words, Read, Slot};
use crate::model::text::{label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;
use crate::view::{Thousandths, View, Write};

/// The most VMs that one monitor takes.
pub const MAX_VMS: usize = 100_000;

/// The longest duration that an option takes: about 31 years.
const MAX_SECONDS: f64 = 1e9;

/// A VM to watch: the value of its managed object reference, and a name for people.
///
/// A name is a label, never an identity: VMs are renamed, and names repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmRef {
    /// The managed object reference value, such as `vm-101`.
    pub vm: String,
    /// The name to report; without it the one in the VM's events is used.
    pub name: Option<String>,
}

document!(VmRef {
    "vm" => vm,
    "name" if present => name = None,
});

deserialize!(VmRef, Rules, Attempts);

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rules {
    /// D1–D18: what users get.
    Default,
    /// P1–P8: the `PowerCLI` script of 2011, exactly. It takes no option but the timeout.
    Published,
}

words!(Rules {
    "default" => Default,
    "published" => Published,
});

/// What a power-on after the start of the run means (rule D6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempts {
    /// It opens a new attempt unless the current one has a result.
    Follow,
    /// It is ignored.
    First,
    /// It opens a new attempt always, and the run goes on until its deadline.
    Reopen,
}

words!(Attempts {
    "follow" => Follow,
    "first" => First,
    "reopen" => Reopen,
});

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

/// [`Options`] as they are in JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OptionsJson {
    rules: Rules,
    timeout_seconds: Option<Seconds>,
    lookback_seconds: Seconds,
    since: Option<ServerTime>,
    poll_interval_seconds: Seconds,
    wait_for_power_on: bool,
    attempts: Attempts,
    stuck_after_seconds: Seconds,
}

const DEFAULT_LOOKBACK: Seconds = Seconds(300.0);

document!(OptionsJson, no others {
    "rules" => rules = Rules::Default,
    "timeoutSeconds" => timeout_seconds = Some(Seconds(600.0)),
    "lookbackSeconds" => lookback_seconds = DEFAULT_LOOKBACK,
    "since" if present => since = None,
    "pollIntervalSeconds" => poll_interval_seconds = Seconds(15.0),
    "waitForPowerOn" => wait_for_power_on = false,
    "attempts" => attempts = Attempts::Follow,
    "stuckAfterSeconds" => stuck_after_seconds = Seconds(600.0),
});

/// Seconds as a recording has them. Only whole milliseconds are written.
#[derive(Debug, Clone, Copy)]
struct Seconds(f64);

impl<'de> Read<'de> for Seconds {
    fn blank() -> Self {
        Self(0.0)
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::F64(&mut self.0)
    }
}

impl Write for Seconds {
    fn view(&self) -> View<'_> {
        View::Thousandths(Thousandths(self.as_ms()))
    }
}

impl Seconds {
    #[expect(
        clippy::cast_precision_loss,
        reason = "options hold at most 1e12 milliseconds"
    )]
    fn from_ms(ms: u64) -> Self {
        Self(ms as f64 / 1000.0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates"
    )]
    fn as_ms(self) -> u64 {
        // `f64::round` needs std.
        (self.0 * 1000.0 + 0.5) as u64
    }

    fn to_ms(self, field: &str) -> Result<u64, String> {
        if (0.0..=MAX_SECONDS).contains(&self.0) {
            Ok(self.as_ms())
        } else {
            Err(format!(
                "`{field}` is {}: give a number of seconds between 0 and {}",
                shown_number(self.0),
                shown_number(MAX_SECONDS)
            ))
        }
    }
}

impl TryFrom<OptionsJson> for Options {
    type Error = String;

    fn try_from(json: OptionsJson) -> Result<Self, String> {
        let lookback = json.lookback_seconds.to_ms("lookbackSeconds")?;
        Ok(Self {
            rules: json.rules,
            timeout_ms: json
                .timeout_seconds
                .map(|seconds| seconds.to_ms("timeoutSeconds"))
                .transpose()?,
            window: json.since.map_or(Window::LookbackMs(lookback), Window::Since),
            poll_interval_ms: json.poll_interval_seconds.to_ms("pollIntervalSeconds")?,
            wait_for_power_on: json.wait_for_power_on,
            attempts: json.attempts,
            stuck_after_ms: json.stuck_after_seconds.to_ms("stuckAfterSeconds")?,
        })
    }
}

impl From<&Options> for OptionsJson {
    fn from(options: &Options) -> Self {
        let (lookback, since) = match options.window {
            Window::LookbackMs(ms) => (Seconds::from_ms(ms), None),
            Window::Since(time) => (DEFAULT_LOOKBACK, Some(time)),
        };
        Self {
            rules: options.rules,
            timeout_seconds: options.timeout_ms.map(Seconds::from_ms),
            lookback_seconds: lookback,
            since,
            poll_interval_seconds: Seconds::from_ms(options.poll_interval_ms),
            wait_for_power_on: options.wait_for_power_on,
            attempts: options.attempts,
            stuck_after_seconds: Seconds::from_ms(options.stuck_after_ms),
        }
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<OptionsJson, D>(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OptionsJson::from(self).serialize(serializer)
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
