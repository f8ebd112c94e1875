//! A run as versioned plain data, to go on elsewhere as if nothing had happened.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::fields::{document, from_json, object, serialize, Read, Slot, Variants};
use crate::json::JsonError;
use crate::model::options::{Options, OptionsJson, VmRef};
use crate::model::protocol::TimeDown;
use crate::model::report::{IgnoredCounts, Transition};
use crate::model::status::Conclusion;
use crate::model::time::{HostTime, ServerTime};
use crate::rules::history::{History, HistoryJson};
use crate::rules::time_window::TimeWindow;
use crate::rules::transitions::LastEmitted;
use crate::run::context::{RunClock, RunContext};
use crate::run::default_run::{own_window, AccessError, Added, DefaultRun, ToldResult, Watched};
use crate::run::monitor::{Monitor, Run};
use crate::run::published_run::PublishedRun;
use crate::run::read_schedule::Reads;
use crate::view::{to_json, View, Write};

/// The format name of a snapshot.
pub const SNAPSHOT_FORMAT: &str = "vm-customization-snapshot/1";

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
#[derive(Debug, Clone)]
pub struct Snapshot(SnapshotJson);

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

#[derive(Debug, Clone)]
struct SnapshotJson {
    format: String,
    started_at: ServerTime,
    elapsed_ms: u64,
    ended_at_ms: Option<u64>,
    options: OptionsJson,
    vms: Vec<VmRef>,
    run: RunJson,
    transitions: VecDeque<Transition>,
    transitions_dropped: u64,
    ignored: IgnoredCounts,
}

#[derive(Debug, Clone)]
enum RunJson {
    Default(DefaultJson),
    Published(PublishedRun),
}

#[derive(Debug, Clone)]
struct DefaultJson {
    vms: Vec<WatchedJson>,
    reads: Reads,
    observed: bool,
    last_read_at_ms: Option<u64>,
}

#[derive(Debug, Clone)]
struct WatchedJson {
    history: HistoryJson,
    told: LastEmitted,
    told_result: Option<ToldResult>,
    revised: bool,
    access_error: AccessError,
    concluded_by_end: Option<Conclusion>,
    stuck_told: bool,
    added: Option<Added>,
}

struct FormatOnly {
    format: Option<String>,
}

object!(FormatOnly {
    "format" => format = None,
});

document!(SnapshotJson {
    "format" => format,
    "startedAt" => started_at,
    "elapsedMs" => elapsed_ms,
    "endedAtMs" => ended_at_ms = None,
    "options" => options,
    "vms" => vms,
    "run" => run,
    "transitions" => transitions,
    "transitionsDropped" => transitions_dropped,
    "ignored" => ignored,
});

document!(DefaultJson {
    "vms" => vms,
    "reads" => reads,
    "observed" => observed,
    "lastReadAtMs" => last_read_at_ms = None,
});

document!(WatchedJson {
    "history" => history,
    "told" => told,
    "toldResult" => told_result = None,
    "revised" => revised,
    "hostWord" => access_error,
    "concludedByEnd" => concluded_by_end = None,
    "stuckTold" => stuck_told,
    "added" if present => added = None,
});

impl Write for RunJson {
    fn view(&self) -> View<'_> {
        match self {
            Self::Default(run) => View::Variant("default", run),
            Self::Published(run) => View::Variant("published", run),
        }
    }
}

impl<'de> Read<'de> for RunJson {
    fn blank() -> Self {
        Self::Default(DefaultJson::blank())
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::Variant(&["default", "published"], self)
    }
}

impl<'de> Variants<'de> for RunJson {
    fn choose(&mut self, number: usize) -> Slot<'_, 'de> {
        *self = match number {
            0 => Self::Default(DefaultJson::blank()),
            _ => Self::Published(PublishedRun::blank()),
        };
        match self {
            Self::Default(run) => run.slot(),
            Self::Published(run) => run.slot(),
        }
    }
}

impl Snapshot {
    /// The snapshot as JSON text.
    pub fn to_json(&self) -> String {
        to_json(&self.0.view())
    }

    /// A snapshot from JSON text.
    ///
    /// # Errors
    ///
    /// When the text is no snapshot of this version.
    pub fn from_json(text: &[u8]) -> Result<Self, RestoreError> {
        let malformed = |error: JsonError| RestoreError::Malformed(error.to_string());
        let text = core::str::from_utf8(text).map_err(|error| RestoreError::Malformed(error.to_string()))?;
        let FormatOnly { format } = from_json(text).map_err(malformed)?;
        if format.as_deref() != Some(SNAPSHOT_FORMAT) {
            let found = format.as_deref().unwrap_or("none");
            let (found, _) = crate::model::text::cut(found, 64);
            return Err(RestoreError::UnsupportedFormat(found));
        }
        let json: SnapshotJson = from_json(text).map_err(malformed)?;
        Options::try_from(json.options).map_err(RestoreError::Malformed)?;
        Ok(Self(json))
    }
}

impl Monitor {
    /// The run as it stands.
    pub fn snapshot(&self) -> Snapshot {
        let run = match &self.run {
            Run::Default(run) => RunJson::Default(DefaultJson {
                vms: run.vms.iter().map(WatchedJson::from).collect(),
                reads: run.reads.clone(),
                observed: run.observed,
                last_read_at_ms: run.last_read_at_ms,
            }),
            Run::Published(run) => RunJson::Published(run.clone()),
        };
        Snapshot(SnapshotJson {
            format: SNAPSHOT_FORMAT.to_string(),
            started_at: self.context.start,
            elapsed_ms: self.clock.now_ms(),
            ended_at_ms: self.context.ended_at_ms,
            options: OptionsJson::from(&self.options),
            vms: self.context.vms.clone(),
            run,
            transitions: self.context.transitions.clone(),
            transitions_dropped: self.context.transitions_dropped,
            ignored: self.context.ignored.clone(),
        })
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
        let json = snapshot.0;
        let elapsed_ms = match time_down {
            TimeDown::Counts => json.elapsed_ms.max(server_now.ms_since(json.started_at)),
            TimeDown::Excluded => json.elapsed_ms,
        };
        let mut monitor = Self::from_parts(json, RunClock::new(now, elapsed_ms))?;
        if !monitor.is_ended() {
            match &mut monitor.run {
                Run::Default(run) => run.resume(elapsed_ms, &mut monitor.context),
                Run::Published(run) => run.resume(&mut monitor.context),
            }
        }
        Ok(monitor)
    }

    /// The same run once more, with nothing to drain. A snapshot has all of it, and the code for that is
    /// there; a derived clone would be more than the rest of a playback.
    pub(crate) fn copied(&self) -> Option<Self> {
        Self::from_parts(self.snapshot().0, self.clock.clone()).ok()
    }

    fn from_parts(json: SnapshotJson, clock: RunClock) -> Result<Self, RestoreError> {
        let options = Options::try_from(json.options).map_err(RestoreError::Malformed)?;
        let mut context = RunContext::new(json.vms, json.started_at);
        context.ended_at_ms = json.ended_at_ms;
        context.transitions = json.transitions;
        context.transitions_dropped = json.transitions_dropped;
        context.ignored = json.ignored;
        let run = match json.run {
            RunJson::Default(run) => {
                let window = TimeWindow::of(&options, json.started_at);
                check_rows(run.vms.len(), &context)?;
                Run::Default(restore_default(run, &options, window)?)
            }
            RunJson::Published(run) => {
                check_rows(run.vm_count(), &context)?;
                Run::Published(run)
            }
        };
        Ok(Self {
            options,
            clock,
            context,
            run,
        })
    }
}

fn restore_default(
    json: DefaultJson,
    options: &Options,
    window: TimeWindow,
) -> Result<DefaultRun, RestoreError> {
    let vms = json
        .vms
        .into_iter()
        .map(|vm| vm.restore(&window))
        .collect::<Result<Vec<_>, _>>()?;
    let mut run = DefaultRun::assemble(options, window, vms, json.reads);
    run.observed = json.observed;
    run.last_read_at_ms = json.last_read_at_ms;
    run.settle();
    Ok(run)
}

fn check_rows(rows: usize, context: &RunContext) -> Result<(), RestoreError> {
    if rows == context.vms.len() {
        return Ok(());
    }
    Err(RestoreError::Malformed(alloc::format!(
        "it names {} VMs and has the state of {rows}",
        context.vms.len()
    )))
}

impl From<&Watched> for WatchedJson {
    fn from(watched: &Watched) -> Self {
        Self {
            history: HistoryJson::from(&watched.history),
            told: watched.told,
            told_result: watched.told_result.clone(),
            revised: watched.revised,
            access_error: watched.access_error.clone(),
            concluded_by_end: watched.concluded_by_end,
            stuck_told: watched.stuck_told,
            added: watched.added.clone(),
        }
    }
}

impl WatchedJson {
    fn restore(self, window: &TimeWindow) -> Result<Watched, RestoreError> {
        let history = History::try_from(self.history).map_err(|type_name| {
            RestoreError::Malformed(alloc::format!("`{type_name}` is no event type of interest"))
        })?;
        let mut watched = Watched::new(history, self.told, &own_window(self.added.as_ref(), window));
        watched.added = self.added;
        watched.told_result = self.told_result;
        watched.revised = self.revised;
        watched.access_error = self.access_error;
        watched.concluded_by_end = self.concluded_by_end;
        watched.stuck_told = self.stuck_told;
        Ok(watched)
    }
}
