//! One vCenter event, as far as customization is concerned.

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::is_default;
use crate::model::text::{bytes_of, cut, label, MAX_STRING_BYTES};
use crate::model::time::ServerTime;

/// What an event means for the customization of its VM, power-ons first.
///
/// Non-exhaustive: vCenter grows, and a release may bring a kind of its own. As JSON the kinds
/// of power-on are one, `powerOn`: who looks at events need not tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum EventKind {
    /// `VmStartingEvent`: the VM is powering on.
    #[serde(rename = "powerOn")]
    VmStarting,
    /// `VmUnsupportedStartingEvent`, its subclass: the same, with a guest OS that the host does not
    /// support.
    #[serde(rename = "powerOn")]
    VmUnsupportedStarting,
    /// `VmPoweredOnEvent` or a subclass: the VM finished powering on.
    #[serde(rename = "powerOn")]
    VmPoweredOn,
    /// `CustomizationStartedEvent`.
    #[serde(rename = "started")]
    CustomizationStarted,
    /// `CustomizationSucceeded`.
    #[serde(rename = "succeeded")]
    CustomizationSucceeded,
    /// `CustomizationFailed`, a subclass, or an unknown type named `Customization…Fail…`.
    #[serde(rename = "failed")]
    CustomizationFailed,
    /// `VmRemovedEvent`: the VM is no longer in the inventory.
    #[serde(rename = "removed")]
    VmRemoved,
}

/// Every concrete event type that matters, in the form that `EventFilterSpec.eventTypeId` takes.
///
/// Whether a base class in a filter matches its subclasses is not documented, so a query names
/// each. The classes and their inheritance are those of the vSphere API (2.0 to 9.1).
pub const EVENT_TYPES: [&str; 13] = [
    "VmStartingEvent",
    "VmUnsupportedStartingEvent",
    "VmPoweredOnEvent",
    "DrsVmPoweredOnEvent",
    "VmRestartedOnAlternateHostEvent",
    "CustomizationStartedEvent",
    "CustomizationSucceeded",
    "CustomizationFailed",
    "CustomizationLinuxIdentityFailed",
    "CustomizationNetworkSetupFailed",
    "CustomizationSysprepFailed",
    "CustomizationUnknownFailure",
    "VmRemovedEvent",
];

/// The type name without `VMware.Vim.` and `vim.event.` before it.
///
/// ```
/// use vm_customization::bare_type_name;
/// assert_eq!(bare_type_name("VMware.Vim.CustomizationFailed"), "CustomizationFailed");
/// assert_eq!(bare_type_name("vim.event.VmStartingEvent"), "VmStartingEvent");
/// ```
pub fn bare_type_name(name: &str) -> &str {
    let name = name.strip_prefix("VMware.Vim.").unwrap_or(name);
    name.strip_prefix("vim.event.").unwrap_or(name)
}

impl EventKind {
    /// Whether it is a `VmStartingEvent`, or its subclass.
    pub(crate) fn is_starting(self) -> bool {
        match self {
            Self::VmStarting | Self::VmUnsupportedStarting => true,
            Self::VmPoweredOn
            | Self::CustomizationStarted
            | Self::CustomizationSucceeded
            | Self::CustomizationFailed
            | Self::VmRemoved => false,
        }
    }

    /// The kind of an event type by its bare name; `None` for what has no part in customization.
    pub fn of_type(bare_name: &str) -> Option<Self> {
        match bare_name {
            "VmStartingEvent" => Some(Self::VmStarting),
            "VmUnsupportedStartingEvent" => Some(Self::VmUnsupportedStarting),
            "VmPoweredOnEvent" | "DrsVmPoweredOnEvent" | "VmRestartedOnAlternateHostEvent" => {
                Some(Self::VmPoweredOn)
            }
            "CustomizationStartedEvent" => Some(Self::CustomizationStarted),
            "CustomizationSucceeded" => Some(Self::CustomizationSucceeded),
            "VmRemovedEvent" => Some(Self::VmRemoved),
            other => other
                .strip_prefix("Customization")
                .is_some_and(|rest| rest.contains("Fail"))
                .then_some(Self::CustomizationFailed),
        }
    }
}

/// The place of an event in the order of events: rounded time, then key.
///
/// Keys may wrap to negative numbers and repeat, so they only break ties of time. Where both are
/// equal a power-on comes first: what happened at that moment belongs to its attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventOrder {
    pub(crate) time: ServerTime,
    pub(crate) key: i32,
    /// The alias is its name in snapshots of format 1.
    #[serde(alias = "type_name", deserialize_with = "type_name")]
    pub(crate) type_name: Cow<'static, str>,
}

impl EventOrder {
    /// How many bytes of text it keeps: the name of its type, where that is unknown.
    pub(crate) fn text_bytes(&self) -> usize {
        match &self.type_name {
            Cow::Borrowed(_) => 0,
            Cow::Owned(name) => name.len(),
        }
    }
}

/// The bare name of a type, which costs nothing where the type is known.
fn shared_name(bare: &str) -> Cow<'static, str> {
    EVENT_TYPES.iter().find(|known| **known == bare).map_or_else(
        || Cow::Owned(cut(bare, MAX_TYPE_NAME_BYTES).0),
        |known| Cow::Borrowed(*known),
    )
}

fn type_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'static, str>, D::Error> {
    Cow::<'de, str>::deserialize(deserializer).map(|name| shared_name(&name))
}

impl Ord for EventOrder {
    fn cmp(&self, other: &Self) -> Ordering {
        let kind = |order: &Self| EventKind::of_type(&order.type_name);
        (self.time, self.key)
            .cmp(&(other.time, other.key))
            .then_with(|| kind(self).cmp(&kind(other)))
            .then_with(|| self.type_name.cmp(&other.type_name))
    }
}

impl PartialOrd for EventOrder {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What a failure event says beside its type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureDetails {
    /// `CustomizationFailed.reason` (7.0 and later): a code such as `customizationDisabled`.
    pub reason: Option<String>,
    /// `CustomizationEvent.logLocation`: where the guest keeps its log.
    pub log_location: Option<String>,
    /// `CustomizationSysprepFailed.sysprepVersion`.
    pub sysprep_version: Option<String>,
    /// `CustomizationSysprepFailed.systemVersion`.
    pub system_version: Option<String>,
    /// `Event.fullFormattedMessage`, in the locale of the session.
    pub message: Option<String>,
    /// Whether one of the fields was longer than 4 KiB and is cut.
    #[serde(default, skip_serializing_if = "is_default")]
    pub truncated: bool,
}

impl FailureDetails {
    fn text_bytes(&self) -> usize {
        [
            &self.reason,
            &self.log_location,
            &self.sysprep_version,
            &self.system_version,
            &self.message,
        ]
        .into_iter()
        .map(|text| bytes_of(text.as_deref()))
        .sum()
    }

    /// The same with every field cut to the limit of 4 KiB.
    pub(crate) fn truncate(mut self) -> Self {
        for text in [
            &mut self.reason,
            &mut self.log_location,
            &mut self.sysprep_version,
            &mut self.system_version,
            &mut self.message,
        ]
        .into_iter()
        .flatten()
        {
            let (kept, was_cut) = cut(text, MAX_STRING_BYTES);
            self.truncated |= was_cut;
            *text = kept;
        }
        self
    }
}

/// An event of one of the [kinds](EventKind) that matter.
///
/// ```
/// use vm_customization::{Event, EventKind};
/// let event = Event::new("vm-101", 7, "2026-03-01T09:59:58.120Z".parse()?, "vim.event.VmStartingEvent")
///     .expect("a type that matters");
/// assert_eq!(event.kind(), EventKind::VmStarting);
/// # Ok::<(), vm_customization::TimeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    vm: String,
    vm_name: Option<String>,
    stored: StoredEvent,
}

impl Event {
    /// An event of the VM with the managed object reference value `vm`; `None` when its type has
    /// no part in customization.
    pub fn new(vm: &str, key: i32, created_time: ServerTime, type_name: &str) -> Option<Self> {
        let bare = bare_type_name(type_name);
        let kind = EventKind::of_type(bare)?;
        Some(Self {
            vm: vm.to_owned(),
            vm_name: None,
            stored: StoredEvent {
                order: EventOrder {
                    time: created_time,
                    key,
                    type_name: shared_name(bare),
                },
                spread_ms: 0,
                power_reports: 0,
                kind,
                failure: None,
            },
        })
    }

    /// The same with the name that the VM had when the event was made.
    #[must_use]
    pub fn with_vm_name(mut self, name: &str) -> Self {
        self.vm_name = (!name.is_empty()).then(|| label(name));
        self
    }

    /// The same with what a failure event says; other kinds keep nothing of it.
    #[must_use]
    pub fn with_failure(mut self, details: FailureDetails) -> Self {
        if self.kind() == EventKind::CustomizationFailed {
            self.stored.failure = Some(Box::new(details.truncate()));
        }
        self
    }

    /// The managed object reference value of the VM, such as `vm-101`.
    pub fn vm(&self) -> &str {
        &self.vm
    }

    /// What the event means.
    pub fn kind(&self) -> EventKind {
        self.stored.kind
    }

    /// `Event.key`.
    pub fn key(&self) -> i32 {
        self.stored.order.key
    }

    /// `Event.createdTime`, rounded to the millisecond.
    pub fn created_time(&self) -> ServerTime {
        self.stored.order.time
    }

    /// The bare type name.
    pub fn type_name(&self) -> &str {
        &self.stored.order.type_name
    }

    pub(crate) fn into_parts(self) -> (String, Option<String>, StoredEvent) {
        (self.vm, self.vm_name, self.stored)
    }
}

/// The most bytes kept of the name of an unknown event type. It is kept also where there is no room for
/// other texts, since it is part of an event's identity; no class of vSphere has a name half as long.
const MAX_TYPE_NAME_BYTES: usize = 128;

/// How far apart two copies of one event may lie, in milliseconds: the same event read over two
/// paths differs by a rounding. A vCenter restored from a backup uses its keys again, so one of
/// another hour is another event.
const COPY_MS: u64 = 1000;

/// What the history of a VM keeps of an event and its copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredEventJson", rename_all = "camelCase")]
pub(crate) struct StoredEvent {
    /// The place of the earliest copy.
    pub(crate) order: EventOrder,
    /// How long after it the latest copy lies, in milliseconds.
    #[serde(skip_serializing_if = "is_default")]
    spread_ms: u64,
    /// How often the VM's power had been fed when the first copy was (D18).
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) power_reports: u32,
    /// That of the type.
    #[serde(skip_serializing)]
    pub(crate) kind: EventKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Box<FailureDetails>>,
}

/// [`StoredEvent`] as it stands in a snapshot.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredEventJson {
    order: EventOrder,
    #[serde(default)]
    spread_ms: u64,
    #[serde(default)]
    power_reports: u32,
    failure: Option<Box<FailureDetails>>,
}

impl TryFrom<StoredEventJson> for StoredEvent {
    type Error = String;

    fn try_from(json: StoredEventJson) -> Result<Self, String> {
        let type_name = &json.order.type_name;
        let kind = EventKind::of_type(type_name)
            .ok_or_else(|| format!("`{type_name}` is no event type of interest"))?;
        Ok(Self {
            order: json.order,
            spread_ms: json.spread_ms,
            power_reports: json.power_reports,
            kind,
            failure: json.failure,
        })
    }
}

impl StoredEvent {
    pub(crate) fn time(&self) -> ServerTime {
        self.order.time
    }

    fn latest(&self) -> ServerTime {
        self.order.time.plus_ms(self.spread_ms)
    }

    /// Whether the two, both of one VM, are copies of one event.
    pub(crate) fn is_copy_of(&self, other: &Self) -> bool {
        let follows = |later: &Self, earlier: &Self| later.time().ms_since(earlier.latest()) <= COPY_MS;
        self.order.key == other.order.key
            && self.order.type_name == other.order.type_name
            && follows(self, other)
            && follows(other, self)
    }

    /// How many bytes of text it keeps: its details, and the name of its type where that is unknown.
    pub(crate) fn text_bytes(&self) -> usize {
        self.order.text_bytes() + self.failure.as_deref().map_or(0, FailureDetails::text_bytes)
    }

    /// The event of which both are copies: the earliest copy, and how far they spread.
    pub(crate) fn merged_with(self, other: Self) -> Self {
        let latest = self.latest().max(other.latest());
        let power_reports = self.power_reports.min(other.power_reports);
        let (earliest, later) = if other.time() < self.time() {
            (other, self)
        } else {
            (self, other)
        };
        Self {
            spread_ms: latest.ms_since(earliest.time()),
            power_reports,
            failure: earliest.failure.or(later.failure),
            ..earliest
        }
    }

    pub(crate) fn is_result(&self) -> bool {
        match self.kind {
            EventKind::CustomizationSucceeded | EventKind::CustomizationFailed => true,
            EventKind::VmStarting
            | EventKind::VmUnsupportedStarting
            | EventKind::VmPoweredOn
            | EventKind::CustomizationStarted
            | EventKind::VmRemoved => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_event_as_long_as_each_lies_a_second_from_another() {
        let copy = |ms: i64| {
            let (_, _, stored) = Event::new("vm-1", 7, ServerTime::from_unix_ms(ms), "VmStartingEvent")
                .map(Event::into_parts)
                .unwrap();
            stored
        };
        for (ms, is_copy) in [(999, true), (1000, true), (1001, false)] {
            assert_eq!(copy(0).is_copy_of(&copy(ms)), is_copy, "{ms}");
            assert_eq!(copy(ms).is_copy_of(&copy(0)), is_copy, "{ms}");
        }
        let chain = copy(1000).merged_with(copy(0));
        assert_eq!(
            (chain.time(), chain.latest()),
            (copy(0).time(), copy(1000).time())
        );
        assert!(chain.is_copy_of(&copy(500)));
        assert!(chain.is_copy_of(&copy(2000)));
        assert!(!chain.is_copy_of(&copy(2001)));
        assert!(chain.is_copy_of(&copy(-1000)));
        assert!(!chain.is_copy_of(&copy(-1001)));
    }

    #[test]
    fn types_that_only_look_alike_do_not_matter() {
        for name in [
            "",
            "VmEvent",
            "FailCustomization",
            "CustomizationEvent",
            "VmPoweredOffEvent",
            "vmstartingevent",
        ] {
            assert_eq!(EventKind::of_type(name), None, "{name}");
        }
    }
}
