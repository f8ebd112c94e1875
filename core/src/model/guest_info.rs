//! Guest info: what the VM's own properties say of its customization (rule D17), its power (D18) and whether its guest
//! is ready (D19).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::model::is_default;
use crate::model::options::{Ready, MAX_VMS};
use crate::model::report::IgnoreReason;
use crate::model::text::{bytes_of, cut, TextBudget, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// `guest.customizationInfo` (vSphere 7.0.2 and later), `config.tools.pendingCustomization`,
/// `runtime.powerState`, `runtime.bootTime`, `guest.toolsRunningStatus` and `guest.guestOperationsReady` of one VM, under
/// the names that the API gives the fields.
///
/// ```
/// use vm_customization::GuestInfo;
/// let info: GuestInfo = serde_json::from_str(
///     r#"{"vm":"vm-101","customizationStatus":"TOOLSDEPLOYPKG_RUNNING",
///         "startTime":"2026-03-01T10:00:12Z","pendingCustomization":false}"#,
/// )?;
/// assert_eq!(info.pending_customization, Some(false));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "guest info")]
pub struct GuestInfo {
    /// The managed object reference value of the VM.
    pub vm: String,
    /// `customizationStatus`: `TOOLSDEPLOYPKG_IDLE`, `_PENDING`, `_RUNNING`, `_SUCCEEDED` or
    /// `_FAILED`; others are no status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customization_status: Option<String>,
    /// `startTime`, by vCenter's clock; one without an offset from UTC is no time.
    #[serde(
        default,
        deserialize_with = "time_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_time: Option<ServerTime>,
    /// `endTime`, by vCenter's clock.
    #[serde(
        default,
        deserialize_with = "time_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_time: Option<ServerTime>,
    /// `errorMsg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_msg: Option<String>,
    /// Whether `config.tools.pendingCustomization` is set; `None` is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_customization: Option<bool>,
    /// `runtime.powerState`: `poweredOn`, `poweredOff` or `suspended`; others are unknown (rule D18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_state: Option<String>,
    /// `runtime.bootTime`, by vCenter's clock: when the VM was last powered on (rule D18).
    #[serde(
        default,
        deserialize_with = "time_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub boot_time: Option<ServerTime>,
    /// `guest.toolsRunningStatus`: `guestToolsRunning`, `guestToolsNotRunning` or `guestToolsExecutingScripts`. It counts
    /// in the answer to a read that the monitor asked for (rule D19).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_running_status: Option<String>,
    /// `guest.guestOperationsReady`: whether the guest takes guest operations. It counts like the field before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_operations_ready: Option<bool>,
}

impl GuestInfo {
    /// What says nothing of the VM with this managed object reference value, to be filled in.
    pub fn new(vm: impl Into<String>) -> Self {
        Self {
            vm: vm.into(),
            customization_status: None,
            start_time: None,
            end_time: None,
            error_msg: None,
            pending_customization: None,
            power_state: None,
            boot_time: None,
            tools_running_status: None,
            guest_operations_ready: None,
        }
    }
}

/// What guest info shows of the readiness of a guest (rule D19); `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    tools_run: Option<bool>,
    operations_ready: Option<bool>,
}

impl Shown {
    pub(crate) fn by(info: &GuestInfo) -> Self {
        let status = info.tools_running_status.as_deref();
        Self {
            tools_run: status.map(|status| status == "guestToolsRunning"),
            operations_ready: info.guest_operations_ready,
        }
    }

    /// Whether that is a guest as it is waited for; `None` where it tells too little.
    pub(crate) fn is_ready(self, ready: Ready) -> Option<bool> {
        let takes_operations = match ready {
            Ready::Tools => Some(true),
            Ready::GuestOperations => self.operations_ready,
        };
        match (self.tools_run, takes_operations) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (None, None | Some(true)) | (Some(true), None) => None,
        }
    }
}

/// Guest info of several VMs: a list, or its only item.
#[derive(Debug, Default)]
pub(crate) struct GuestInfos(pub(crate) Vec<GuestInfo>);

impl GuestInfos {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for GuestInfos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            list => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for GuestInfos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        if !json.starts_with('[') {
            let info = serde_json::from_str(json).map_err(D::Error::custom)?;
            return Ok(Self([info].into()));
        }
        // Each takes many times the memory of the shortest text of it: they are counted before any is kept.
        let count = serde_json::from_str::<Vec<IgnoredAny>>(json).map_or(0, |items| items.len());
        if count > MAX_VMS {
            return Err(D::Error::custom(format_args!(
                "guest info of {count} VMs, and at most {MAX_VMS} are watched"
            )));
        }
        serde_json::from_str(json).map(Self).map_err(D::Error::custom)
    }
}

/// Null, and a text that is no time, are no time: guests write both.
fn time_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ServerTime>, D::Error> {
    let text = Option::<Cow<'de, str>>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// The name of a failure that only guest info tells.
pub(crate) const GUEST_FAILURE_TYPE: &str = "TOOLSDEPLOYPKG_FAILED";

/// The most pieces of evidence kept per VM: each customization run of a VM brings up to three.
const MAX_EVIDENCE: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GuestState {
    Running,
    Succeeded,
    Failed,
}

/// `VirtualMachinePowerState` of vSphere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PowerState {
    PoweredOn,
    PoweredOff,
    Suspended,
}

impl PowerState {
    fn of(name: &str) -> Option<Self> {
        match name {
            "poweredOn" => Some(Self::PoweredOn),
            "poweredOff" => Some(Self::PoweredOff),
            "suspended" => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// One thing that guest info said of one customization run. Like events, evidence is a set: a
/// later `IDLE` takes nothing back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evidence {
    pub(crate) start: ServerTime,
    pub(crate) state: GuestState,
    pub(crate) end: Option<ServerTime>,
    pub(crate) error: Option<String>,
}

impl Evidence {
    fn text_bytes(&self) -> usize {
        bytes_of(self.error.as_deref())
    }
}

/// What guest info said of one VM so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuestHistory {
    evidence: Vec<Evidence>,
    pending: Option<bool>,
    /// How often the VM's power was fed.
    #[serde(default, skip_serializing_if = "is_default")]
    power_reports: u32,
    /// Each with the number of the report that told it, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<(PowerState, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boot_time: Option<(ServerTime, u32)>,
    /// What was shown last, for a player.
    #[serde(skip)]
    shown: Shown,
}

impl GuestHistory {
    pub(crate) fn text_bytes(&self) -> usize {
        self.evidence.iter().map(Evidence::text_bytes).sum()
    }

    /// Takes in what was read; says why where it told of a run and is of no use.
    pub(crate) fn learn(&mut self, info: GuestInfo, texts: &mut TextBudget) -> Option<IgnoreReason> {
        let before = self.text_bytes();
        let ignored = self.take_in(info, texts);
        texts.replace(before, self.text_bytes());
        ignored
    }

    fn take_in(&mut self, info: GuestInfo, texts: &mut TextBudget) -> Option<IgnoreReason> {
        self.pending = info.pending_customization.or(self.pending);
        let shown = Shown::by(&info);
        self.shown = Shown {
            tools_run: shown.tools_run.or(self.shown.tools_run),
            operations_ready: shown.operations_ready.or(self.shown.operations_ready),
        };
        self.learn_power(
            info.power_state.as_deref().and_then(PowerState::of),
            info.boot_time,
        );
        let state = match info.customization_status.as_deref() {
            Some("TOOLSDEPLOYPKG_RUNNING") => GuestState::Running,
            Some("TOOLSDEPLOYPKG_SUCCEEDED") => GuestState::Succeeded,
            Some("TOOLSDEPLOYPKG_FAILED") => GuestState::Failed,
            Some("TOOLSDEPLOYPKG_IDLE" | "TOOLSDEPLOYPKG_PENDING" | "") | None => return None,
            // What a later release may add is no status.
            Some(_) => return Some(IgnoreReason::OtherType),
        };
        let Some(start) = info.start_time else {
            return Some(IgnoreReason::NoTime);
        };
        let known = self
            .evidence
            .iter_mut()
            .find(|known| known.state == state && known.start == start);
        let is_news = known.as_ref().is_none_or(|known| known.error.is_none());
        let error = info
            .error_msg
            .filter(|_| is_news)
            .map(|text| cut(&text, MAX_STRING_BYTES).0)
            .filter(|text| texts.admits(0, text.len()));
        if let Some(known) = known {
            known.end = known.end.or(info.end_time);
            known.error = known.error.take().or(error);
            return None;
        }
        let place = self
            .evidence
            .partition_point(|known| (known.start, known.state) < (start, state));
        self.evidence.insert(
            place,
            Evidence {
                start,
                state,
                end: info.end_time,
                error,
            },
        );
        if self.evidence.len() > MAX_EVIDENCE {
            self.evidence.remove(0);
            return Some(IgnoreReason::NoRoom);
        }
        None
    }

    fn learn_power(&mut self, power: Option<PowerState>, boot_time: Option<ServerTime>) {
        if power.is_none() && boot_time.is_none() {
            return;
        }
        self.power_reports = self.power_reports.saturating_add(1);
        let number = self.power_reports;
        self.power = power.map(|power| (power, number)).or(self.power);
        self.boot_time = boot_time.map(|time| (time, number)).or(self.boot_time);
    }

    pub(crate) fn power_reports(&self) -> u32 {
        self.power_reports
    }

    /// The VM's power as it was told since the report with this number.
    pub(crate) fn power(&self, since: u32) -> Option<PowerState> {
        let (power, number) = self.power?;
        (number > since).then_some(power)
    }

    /// When the VM was powered on last, as it was told since the report with this number.
    pub(crate) fn boot_time(&self, since: u32) -> Option<ServerTime> {
        let (time, number) = self.boot_time?;
        (number > since).then_some(time)
    }

    pub(crate) fn shown(&self) -> Shown {
        self.shown
    }

    /// Whether a spec is known to be pending or not.
    pub(crate) fn pending(&self) -> Option<bool> {
        self.pending
    }

    /// The evidence of customization runs that began at or after `start`.
    pub(crate) fn since(&self, start: ServerTime) -> impl Iterator<Item = &Evidence> {
        self.evidence
            .iter()
            .filter(move |evidence| evidence.start >= start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_shows_a_guest_that_is_ready_or_not() {
        let running = Some("guestToolsRunning");
        for (tools, operations, shows_tools, shows_operations) in [
            (running, Some(true), Some(true), Some(true)),
            (running, Some(false), Some(true), Some(false)),
            (running, None, Some(true), None),
            (None, Some(true), None, None),
            (None, Some(false), None, Some(false)),
            (None, None, None, None),
            (Some("guestToolsNotRunning"), None, Some(false), Some(false)),
            (
                Some("guestToolsExecutingScripts"),
                Some(true),
                Some(false),
                Some(false),
            ),
        ] {
            let shown = Shown::by(&GuestInfo {
                tools_running_status: tools.map(Into::into),
                guest_operations_ready: operations,
                ..GuestInfo::new("vm-1")
            });
            assert_eq!(shown.is_ready(Ready::Tools), shows_tools, "{shown:?}");
            assert_eq!(
                shown.is_ready(Ready::GuestOperations),
                shows_operations,
                "{shown:?}"
            );
        }
    }
}
