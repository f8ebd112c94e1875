//! A run as versioned plain data, to go on elsewhere as if nothing had happened.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::model::json::to_json;
use crate::model::options::{Options, VmRef};
use crate::model::protocol::TimeDown;
use crate::model::report::{IgnoredCounts, Reading, Transition};
use crate::model::text::cut;
use crate::model::time::{HostTime, ServerTime};
use crate::run::context::{RunClock, RunContext, ServerClock};
use crate::run::monitor::{check, Monitor, Run};

/// The format name of a snapshot.
pub const SNAPSHOT_FORMAT: &str = "vm-customization-snapshot/2";

/// The format before it, which is read too. It has other names for some fields, which are aliases where they stand.
const FORMAT_1: &str = "vm-customization-snapshot/1";

/// A run at one moment. It holds no credential, and no message text but that of failures.
///
/// ```
/// use vm_customization::*;
/// let start: ServerTime = "2026-03-01T10:00:00Z".parse()?;
/// let vms = vec![VmRef::new("vm-101")];
/// let monitor = Monitor::new(vms, Options::default(), start, HostTime::from_millis(0))?;
/// let text = monitor.snapshot().to_json();
///
/// // In another process, whose clock began anew, a minute later.
/// let snapshot = Snapshot::from_json(text.as_bytes())?;
/// let server_now = "2026-03-01T10:01:00Z".parse()?;
/// let monitor = Monitor::restore(snapshot, TimeDown::Counts, server_now, HostTime::from_millis(5))?;
/// assert!(!monitor.is_ended());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    tag = "format",
    rename = "vm-customization-snapshot/2",
    rename_all = "camelCase"
)]
pub struct Snapshot {
    started_at: ServerTime,
    elapsed_ms: u64,
    ended_at_ms: Option<u64>,
    options: Options,
    vms: Vec<VmRef>,
    run: Run,
    transitions: VecDeque<Transition>,
    transitions_dropped: u64,
    ignored: IgnoredCounts,
    #[serde(default)]
    reading: Reading,
}

/// Why a snapshot cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreError {
    /// It is of another format or version.
    UnsupportedFormat(String),
    /// It is not JSON, or not what this version writes.
    Malformed(String),
}

impl RestoreError {
    /// A stable name of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat(_) => "unsupportedSnapshot",
            Self::Malformed(_) => "invalidSnapshot",
        }
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedFormat(found) => write!(
                f,
                "the snapshot has format `{found}`, and this version reads `{SNAPSHOT_FORMAT}`: restore it with the version that wrote it"
            ),
            Self::Malformed(why) => write!(f, "the snapshot cannot be read: {why}"),
        }
    }
}

impl core::error::Error for RestoreError {}

impl Snapshot {
    /// The snapshot as JSON text.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// A snapshot from JSON text.
    ///
    /// # Errors
    ///
    /// When the text is no snapshot of this version or the one before it.
    pub fn from_json(text: &[u8]) -> Result<Self, RestoreError> {
        #[derive(Deserialize)]
        struct FormatOnly {
            format: Option<String>,
        }

        let malformed = |error: serde_json::Error| RestoreError::Malformed(error.to_string());
        let text = core::str::from_utf8(text).map_err(|error| RestoreError::Malformed(error.to_string()))?;
        let FormatOnly { format } = serde_json::from_str(text).map_err(malformed)?;
        match format.as_deref().unwrap_or("none") {
            SNAPSHOT_FORMAT | FORMAT_1 => serde_json::from_str(text).map_err(malformed),
            other => Err(RestoreError::UnsupportedFormat(cut(other, 64).0)),
        }
    }
}

impl Monitor {
    /// The run as it stands.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            started_at: self.context.start,
            elapsed_ms: self.clock.now_ms(),
            ended_at_ms: self.context.ended_at_ms,
            options: self.options.clone(),
            vms: self.context.vms.clone(),
            run: self.run.clone(),
            transitions: self.context.transitions.clone(),
            transitions_dropped: self.context.transitions_dropped,
            ignored: self.context.ignored.clone(),
            reading: self.context.reading.clone(),
        }
    }

    /// Goes on with a run. A read or a log-in that was open is asked for again.
    ///
    /// The host's clock may have begun anew, so the time since the start of the run is taken from
    /// vCenter's clock: `server_now` less the server time of the start.
    ///
    /// # Errors
    ///
    /// When the snapshot contradicts itself.
    pub fn restore(
        snapshot: Snapshot,
        time_down: TimeDown,
        server_now: ServerTime,
        now: HostTime,
    ) -> Result<Self, RestoreError> {
        check(&snapshot.vms, &snapshot.options)
            .map_err(|error| RestoreError::Malformed(error.to_string()))?;
        if snapshot.options.rules != snapshot.run.rules() {
            return Err(RestoreError::Malformed(
                "it has the state of other rules than its options name".into(),
            ));
        }
        let (made_ms, ended_ms) = (snapshot.elapsed_ms, snapshot.ended_at_ms);
        if ended_ms > Some(made_ms) {
            return Err(RestoreError::Malformed("`endedAtMs` is after `elapsedMs`".into()));
        }
        if let Some(place) = snapshot.run.contradiction(made_ms, ended_ms.is_some()) {
            return Err(RestoreError::Malformed(format!(
                "vms[{place}] has the state of a later moment than `elapsedMs`, or an end that the run has not had"
            )));
        }
        let elapsed_ms = match time_down {
            TimeDown::Counts => snapshot.elapsed_ms.max(server_now.ms_since(snapshot.started_at)),
            TimeDown::Excluded => snapshot.elapsed_ms,
        };
        let mut context = RunContext::new(snapshot.vms, snapshot.started_at);
        context.server_clock = ServerClock::new(server_now, elapsed_ms);
        context.ended_at_ms = snapshot.ended_at_ms;
        context.restore_transitions(snapshot.transitions, snapshot.transitions_dropped);
        context.ignored = snapshot.ignored;
        context.reading = snapshot.reading;
        let (vms, rows) = (context.vms.len(), snapshot.run.vm_count());
        if vms != rows {
            return Err(RestoreError::Malformed(format!(
                "it names {vms} VMs and has the state of {rows}"
            )));
        }
        let mut monitor = Self {
            options: snapshot.options,
            clock: RunClock::new(now, elapsed_ms),
            context,
            run: snapshot.run,
        };
        monitor.resume();
        Ok(monitor)
    }
}
