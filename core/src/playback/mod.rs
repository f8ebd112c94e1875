//! Seeking in a recording, by time and by event.

pub(crate) mod player;
pub(crate) mod replay;

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::formats::recording::{Input, Recording, RecordingError, RunInput};
use crate::model::json::to_json;
use crate::model::options::VmRef;
use crate::model::protocol::{Completeness, EventPage};
use crate::model::report::{Report, Transition, VmReport};
use crate::model::time::ServerTime;
use crate::playback::player::Player;
use crate::run::monitor::Monitor;
use crate::wire::EventSummary;

/// The most states kept to go back to, beside the start.
const MAX_CHECKPOINTS: usize = 16;

/// How many VMs all states kept may have together.
const MAX_CHECKPOINT_VMS: usize = 50_000;

/// What kind of input it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum InputKind {
    /// A page of events.
    Events,
    /// What the properties of one VM say.
    GuestInfo,
    /// A read that failed.
    ReadFailed,
    /// A log-in that was done.
    LoggedIn,
    /// Other VMs to watch.
    Vms,
    /// The end of the run.
    Cancel,
}

impl InputKind {
    fn of(input: &RunInput) -> Self {
        match input {
            RunInput::GuestInfo { .. } => Self::GuestInfo,
            RunInput::ReadFailed { .. } => Self::ReadFailed,
            RunInput::LoggedIn => Self::LoggedIn,
            RunInput::Vms { .. } => Self::Vms,
            RunInput::Cancel => Self::Cancel,
        }
    }
}

/// One input of a recording. A step that holds several things is several inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaybackInput {
    /// Host time since the start of the run, in milliseconds.
    pub at_ms: u64,
    /// What kind of input it is.
    pub kind: InputKind,
    /// The events of a page that have a type and a usable time, in the order of the document.
    pub events: Vec<EventSummary>,
    /// Whether a page completes an observation; it means nothing for other kinds.
    pub complete: bool,
}

impl PlaybackInput {
    fn of(input: &Input, at_ms: u64) -> Self {
        let (kind, events, complete) = match input {
            Input::Events {
                items, completeness, ..
            } => {
                let is_complete = *completeness == Completeness::Complete;
                (InputKind::Events, items.clone(), is_complete)
            }
            Input::Other(input) => (InputKind::of(input), Vec::new(), false),
        };
        Self {
            at_ms,
            kind,
            events,
            complete,
        }
    }
}

/// How a run has changed since the last update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunUpdate {
    /// Host time of this state, in milliseconds since the start of the run.
    pub at_ms: u64,
    /// Whether the run is over.
    pub ended: bool,
    /// Whether `rows` are all rows and `transitions` all that are kept.
    pub reset: bool,
    /// The rows that changed, in order; all of them after a reset.
    pub rows: Vec<VmReport>,
    /// The new transitions, oldest first; all of them after a reset.
    pub transitions: Vec<Transition>,
}

impl RunUpdate {
    /// The update as JSON text.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// Plays one recording interactively, seeking forwards and backwards: same recording, same time, same
/// state, whichever way it was reached.
///
/// ```
/// use vm_customization::{CustomizationStatus, Playback};
/// let mut playback = Playback::from_json(br#"{
///   "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
///   "vms": [{ "vm": "vm-101" }],
///   "steps": [{ "atMs": 5000, "events": [
///     { "_typeName": "VmStartingEvent", "key": 7, "createdTime": "2026-03-01T10:00:01Z",
///       "vm": { "vm": { "type": "VirtualMachine", "value": "vm-101" } } }] }]
/// }"#)?;
/// assert!(playback.seek(4999).transitions.is_empty());
/// let update = playback.seek(5000);
/// assert_eq!(update.transitions[0].to, CustomizationStatus::CustomizationNotStarted);
/// assert!(playback.seek(0).reset);
/// # Ok::<(), vm_customization::RecordingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Playback {
    recording: Recording,
    inputs: Vec<PlaybackInput>,
    /// The number of the step of each input.
    steps: Vec<usize>,
    /// How many events there are up to each input, its own included.
    events_up_to: Vec<usize>,
    end_ms: u64,
    /// States to go back to, beside the start, in the order of the recording.
    checkpoints: Vec<Player>,
    player: Player,
    /// A state between two events of one input, made from that before it.
    within_input: Option<Monitor>,
    at_ms: u64,
    /// Whether all was played; the time of the end alone does not tell.
    is_at_end: bool,
    last_update: Option<LastUpdate>,
}

/// The state that the last update led to.
#[derive(Debug, Clone)]
struct LastUpdate {
    rows: Vec<VmReport>,
    /// Transitions in all, those no longer kept included.
    transitions: u64,
    /// The state of the player.
    calls: u64,
}

impl Playback {
    /// Reads one recording and plays it once, to know its end. It then stands before its start:
    /// the first update is a reset.
    ///
    /// # Errors
    ///
    /// As [`Recording::from_json`].
    pub fn from_json(recording: &[u8]) -> Result<Self, RecordingError> {
        let recording = Recording::from_bytes(recording, true)?;
        let (checkpoints, end_ms) = play_once(&recording);
        let mut playback = Self {
            inputs: Vec::new(),
            steps: Vec::new(),
            events_up_to: Vec::new(),
            end_ms,
            checkpoints,
            player: Player::new(&recording),
            within_input: None,
            at_ms: 0,
            is_at_end: false,
            last_update: None,
            recording,
        };
        playback.list_inputs();
        Ok(playback)
    }

    /// All inputs at or before `at_ms`, the clock run to `at_ms`; no further than to the end.
    pub fn seek(&mut self, at_ms: u64) -> RunUpdate {
        self.at_ms = at_ms.min(self.end_ms);
        // What comes after the end changes nothing, but the end itself must have come.
        self.is_at_end = self.at_ms == self.end_ms;
        let limit_ms = if self.is_at_end { u64::MAX } else { self.at_ms };
        let steps = self
            .recording
            .steps
            .partition_point(|step| step.at_ms <= limit_ms);
        let is_break = self.go_before(steps, Some(limit_ms));
        self.player.seek(&self.recording, limit_ms);
        self.update(is_break)
    }

    /// The state in which the events 0 to `index`, counted through all inputs, were fed, at the
    /// time of that input; `None` is the start, before any input. An index beyond the last is the
    /// last one.
    ///
    /// Events in the middle of an input are fed as an incomplete page; with the last one of an
    /// input that input is fed as it is.
    pub fn seek_event(&mut self, index: Option<usize>) -> RunUpdate {
        let fed = index.map_or(0, |index| index.saturating_add(1).min(self.event_count()));
        let input = self.events_up_to.partition_point(|up_to| *up_to < fed);
        let place = (fed > 0)
            .then(|| self.inputs.get(input).zip(self.steps.get(input)))
            .flatten();
        let Some((page, step)) = place else {
            return self.rewind();
        };
        let (step, input_at_ms) = (*step, page.at_ms);
        let before = self.events_up_to.get(input).copied().unwrap_or(0) - page.events.len();
        let in_input = fed - before;
        let is_whole = in_input == page.events.len();
        let target = step + usize::from(is_whole);
        self.at_ms = input_at_ms.min(self.end_ms);
        self.is_at_end = false;
        let is_break = self.go_before(target, input_at_ms.checked_sub(1));
        if is_whole {
            self.player.come_to(&self.recording, target);
        } else {
            self.player.come_before(&self.recording, target);
            self.within_input = self.first_events(step, in_input);
        }
        self.update(is_break)
    }

    /// The report at the current position; at the end it is that of [`Recording::play`].
    pub fn report(&self) -> Report {
        match &self.within_input {
            Some(monitor) => monitor.report(),
            None if self.is_at_end => self.player.last_report(&self.recording),
            None => self.player.monitor.report(),
        }
    }

    /// Server time at host time 0.
    pub fn started_at(&self) -> ServerTime {
        self.recording.config.server_now
    }

    /// The VMs that the run began with.
    pub fn vms(&self) -> &[VmRef] {
        &self.recording.config.vms
    }

    /// When the run ends, in milliseconds of host time since its start.
    pub fn end_ms(&self) -> u64 {
        self.end_ms
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> &[PlaybackInput] {
        &self.inputs
    }

    /// How many events all inputs have together.
    pub fn event_count(&self) -> usize {
        self.events_up_to.last().copied().unwrap_or(0)
    }

    /// What does not change, as JSON text: `startedAt`, `vms`, `endMs`, `inputs`, `eventCount`.
    pub fn head_to_json(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Head<'a> {
            started_at: ServerTime,
            vms: &'a [VmRef],
            end_ms: u64,
            inputs: &'a [PlaybackInput],
            event_count: usize,
        }

        to_json(&Head {
            started_at: self.started_at(),
            vms: self.vms(),
            end_ms: self.end_ms,
            inputs: &self.inputs,
            event_count: self.event_count(),
        })
    }

    fn list_inputs(&mut self) {
        let mut events_up_to = 0;
        for (number, step) in self.recording.steps.iter().enumerate() {
            if let Some(input) = &step.input {
                let input = PlaybackInput::of(input, step.at_ms);
                events_up_to += input.events.len();
                self.inputs.push(input);
                self.steps.push(number);
                self.events_up_to.push(events_up_to);
            }
        }
    }

    fn rewind(&mut self) -> RunUpdate {
        self.at_ms = 0;
        self.is_at_end = false;
        let is_break = self.player.calls() > 0 || self.within_input.is_some();
        self.within_input = None;
        self.player = Player::new(&self.recording);
        self.update(is_break)
    }

    /// Goes to the latest state known that lies before the step with this number and the clock run to `ran_to_ms`.
    /// Answers whether the last update led to a state that what is sought does not follow on.
    fn go_before(&mut self, number: usize, ran_to_ms: Option<u64>) -> bool {
        let is_before = |player: &&Player| player.is_before(number, ran_to_ms);
        let is_back = !is_before(&&self.player);
        let nearest = self.checkpoints.iter().rfind(is_before);
        if is_back || nearest.map(Player::next) > Some(self.player.next()) {
            self.player = nearest.cloned().unwrap_or_else(|| Player::new(&self.recording));
        }
        let was_within = self.within_input.take().is_some();
        is_back || was_within
    }

    /// The monitor before the step with this number, with the first events of that step.
    fn first_events(&self, number: usize, count: usize) -> Option<Monitor> {
        let step = self.recording.steps.get(number)?;
        let Input::Events { items, decoded, .. } = step.input.as_deref()? else {
            return None;
        };
        let taken = items
            .iter()
            .take(count)
            .filter(|item| item.kind.is_some())
            .count();
        let mut monitor = self.player.monitor.clone();
        let page = EventPage {
            events: decoded.events.iter().take(taken).cloned().collect(),
            completeness: Completeness::Partial,
        };
        monitor.handle_events(page, self.player.now());
        Some(monitor)
    }

    fn update(&mut self, reset: bool) -> RunUpdate {
        let calls = self.player.calls();
        let monitor = self.within_input.as_ref().unwrap_or(&self.player.monitor);
        let ended = monitor.is_ended() || self.is_at_end;
        // The calls come in the same order on every way, so their number tells the state.
        let is_same =
            self.within_input.is_none() && self.last_update.as_ref().is_some_and(|last| last.calls == calls);
        let mut update = RunUpdate {
            at_ms: self.at_ms,
            ended,
            reset: false,
            rows: Vec::new(),
            transitions: Vec::new(),
        };
        if is_same && !reset {
            return update;
        }
        let rows = monitor.rows();
        let context = &monitor.context;
        let dropped = context.transitions_dropped;
        let last = self
            .last_update
            .take()
            .filter(|last| !reset && last.transitions >= dropped && is_same_list(&last.rows, &rows));
        update.reset = last.is_none();
        let seen = last.as_ref().map_or(0, |last| last.transitions - dropped);
        let seen = usize::try_from(seen).unwrap_or(usize::MAX);
        update.transitions = context.transitions.iter().skip(seen).cloned().collect();
        update.rows = match last {
            Some(last) => {
                let changed = last.rows.iter().zip(&rows).filter(|(before, now)| before != now);
                changed.map(|(_, now)| now.clone()).collect()
            }
            None => rows.clone(),
        };
        self.last_update = Some(LastUpdate {
            rows,
            transitions: context.next_transition(),
            calls,
        });
        update
    }
}

/// Plays to the end: states to go back to, and when the end comes.
fn play_once(recording: &Recording) -> (Vec<Player>, u64) {
    let mut player = Player::new(recording);
    let mut checkpoints = Vec::new();
    let count = (MAX_CHECKPOINT_VMS / recording.config.vms.len().max(1)).clamp(1, MAX_CHECKPOINTS);
    let interval = recording.steps.len() / (count + 1) + 1;
    let mut step = interval;
    while step < recording.steps.len() {
        player.come_to(recording, step);
        checkpoints.push(player.clone());
        step += interval;
    }
    player.seek(recording, u64::MAX);
    let end_ms = player.last_report(recording).ended_at_ms.unwrap_or(0);
    (checkpoints, end_ms)
}

fn is_same_list(before: &[VmReport], now: &[VmReport]) -> bool {
    before.len() == now.len() && before.iter().zip(now).all(|(before, now)| before.vm == now.vm)
}
