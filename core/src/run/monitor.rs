//! The monitor: inputs in, outputs out, and a deadline to sleep until.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::fields::{deserialize, document, object, serialize, words};
use crate::model::event::{Event, EVENT_TYPES};
use crate::model::guest_info::GuestInfo;
use crate::model::options::{Options, OptionsError, Rules, VmRef, Window, MAX_VMS};
use crate::model::report::{IgnoreReason, IgnoredCounts, ReadFailureKind, Report, Transition, VmReport};
use crate::model::status::Hint;
use crate::model::text::MAX_STRING_BYTES;
use crate::model::time::{HostTime, ServerTime};
use crate::rules::assess::Frame;
use crate::run::default_run::DefaultRun;
use crate::run::published_run::PublishedRun;
use crate::run::vm_index::Places;
use crate::view::{written, Member, Members, View, Write};
use crate::wire::{self, BadItem, Decoded, WireError};

/// The most events that a query asks for in one page.
pub const MAX_PAGE: u32 = 1000;

/// Transitions kept for the report, per VM watched and beside that.
const TRANSITIONS_PER_VM: usize = 64;
const TRANSITIONS_AT_LEAST: usize = 1024;

/// What the host is told or asked. Drain all of it after every input.
///
/// Non-exhaustive: a later release may tell more; ignore what you do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// A VM took a step.
    Transition(Transition),
    /// A VM is no longer waited for, or for another reason than told before.
    Concluded(Box<VmReport>),
    /// A VM that is waited for has been without a transition for long (rule D18).
    Stuck {
        /// The managed object reference value.
        vm: String,
        /// The likely reason.
        hint: Hint,
    },
    /// Read events. At most one read is open: this one takes the place of an earlier one.
    Read(EventQuery),
    /// Log in again, then call [`Monitor::handle_logged_in`].
    LogIn,
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// The managed object reference values of the VMs.
    pub vms: Vec<String>,
    /// Events at or after this server time.
    pub since: ServerTime,
    /// The concrete event types: [`EVENT_TYPES`].
    pub types: &'static [&'static str],
    /// How many events to ask for in one page. A page as full as this is not the end.
    pub max_count: u32,
    /// Why.
    pub reason: ReadReason,
    /// How long the read may take, in milliseconds; `None` leaves it to the host.
    pub timeout_ms: Option<u64>,
}

written!(EventQuery {
    "vms" => vms,
    "since" => since,
    "types" => types,
    "maxCount" => max_count,
    "reason" => reason,
    "timeoutMs" => timeout_ms,
});

serialize!(EventQuery);

/// Why a read is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadReason {
    /// The run starts.
    Start,
    /// The time between two safety reads has passed.
    Poll,
    /// A read failed a while ago.
    Retry,
    /// The host has logged in again.
    LoggedIn,
    /// A VM dropped out of the read; the others are read on.
    VmDropped,
    /// The deadline is there: the last read.
    Deadline,
    /// A pass of the published rules is due.
    Pass,
    /// The monitor was restored with a read open.
    Restored,
    /// VMs came to those watched.
    VmsChanged,
}

words!(ReadReason {
    "start" => Start,
    "poll" => Poll,
    "retry" => Retry,
    "loggedIn" => LoggedIn,
    "vmDropped" => VmDropped,
    "deadline" => Deadline,
    "pass" => Pass,
    "restored" => Restored,
    "vmsChanged" => VmsChanged,
});

/// When to call [`Monitor::handle_timeout`], and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The moment, by the clock whose times the caller passes in.
    pub at: HostTime,
    /// What falls due then.
    pub reason: DeadlineReason,
}

/// What falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeadlineReason {
    /// The next safety read.
    Read,
    /// The next try after a failure.
    Retry,
    /// The deadline of the run.
    Deadline,
    /// The end of the time that the last read has.
    LastRead,
    /// The next pass of the published rules.
    Pass,
    /// A VM will have been without a transition for long.
    Stuck,
}

words!(DeadlineReason {
    "read" => Read,
    "retry" => Retry,
    "deadline" => Deadline,
    "lastRead" => LastRead,
    "pass" => Pass,
    "stuck" => Stuck,
});

/// Whether a page of events completes an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a page either completes an observation or does not"
)]
pub enum Completeness {
    /// With this page the events of all VMs of the query were read.
    Complete,
    /// More pages follow, or a push source brought it.
    Partial,
}

/// Events, decoded by the host or by [`decode`](crate::wire::decode).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, in any order.
    pub events: Vec<Event>,
    /// Whether the page completes an observation.
    pub completeness: Completeness,
}

/// A failure to read. It is never a result of customization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFailure {
    /// What kind of failure.
    pub kind: ReadFailureKind,
    /// The VM that it concerns; `None` when it concerns the read as a whole.
    pub vm: Option<String>,
    /// What to tell people; without it a sentence that fits the kind.
    pub message: Option<String>,
}

document!(ReadFailure {
    "kind" => kind,
    "vm" if present => vm = None,
    "message" if present => message = None,
});

deserialize!(ReadFailure);

/// What became of one document or page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Events that were new and are kept.
    pub accepted: u64,
    /// What was ignored, by reason.
    pub ignored: IgnoredCounts,
    /// Items that should be events and cannot be used, with their places: the first 100.
    pub bad: Vec<BadItem>,
}

impl Write for Ingested {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for Ingested {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let (name, value) = match number {
            0 => ("accepted", self.accepted.view()),
            1 => ("ignored", self.ignored.view()),
            2 if !self.bad.is_empty() => ("bad", self.bad.view()),
            _ => return None,
        };
        Some(Member {
            name,
            value,
            if_present: false,
        })
    }
}

serialize!(Ingested);

/// Whether the time between a snapshot and its restore counts towards the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "time counts or it does not")]
pub enum TimeDown {
    /// It counts: the deadline stays where it was.
    Counts,
    /// It does not: the deadline moves by that time.
    Excluded,
}

/// Watches the customization of the VMs of one vCenter.
///
/// **Feed an input, drain the outputs, then sleep until the deadline it names.**
///
/// There are three kinds of methods. `handle_*` and [`cancel`](Self::cancel) are inputs: they
/// take the host time last, never fail on odd remote data, and clamp a time that goes backwards.
/// `poll_*` give what the host is to do. The others only look.
///
/// ```
/// use vm_customization::*;
///
/// let start: ServerTime = "2026-03-01T10:00:00Z".parse()?;
/// let mut monitor = Monitor::new(
///     vec![VmRef::new("vm-101").with_name("web-1")],
///     Options::default(),
///     start,
///     HostTime::from_millis(0),
/// )?;
/// // 1. Do what it asks: the first thing is a read.
/// while let Some(output) = monitor.poll_output() {
///     assert!(matches!(output, Output::Read(_)));
/// }
/// // 2. Feed the answer as it came over the wire.
/// let page = br#"[{"_typeName":"VmStartingEvent","key":7,"createdTime":"2026-03-01T09:59:58Z",
///                  "vm":{"name":"web-1","vm":{"type":"VirtualMachine","value":"vm-101"}}}]"#;
/// monitor.handle_event_bytes(page, Completeness::Complete, HostTime::from_millis(80))?;
/// // 3. Drain again, and tell people.
/// while let Some(output) = monitor.poll_output() {
///     if let Output::Transition(step) = output {
///         assert_eq!(step.to, CustomizationStatus::CustomizationNotStarted);
///     }
/// }
/// // 4. Sleep until the deadline, or until something comes in.
/// let deadline = monitor.poll_timeout().expect("the run goes on");
/// assert_eq!(deadline.at, HostTime::from_millis(15_080));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Monitor {
    pub(crate) options: Options,
    pub(crate) clock: RunClock,
    pub(crate) shell: Shell,
    pub(crate) run: Run,
}

/// The rules at work.
#[derive(Debug, Clone)]
pub(crate) enum Run {
    Default(DefaultRun),
    Published(PublishedRun),
}

/// What both rule sets share: the VMs, and what was told.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    pub(crate) vms: Vec<VmRef>,
    pub(crate) start: ServerTime,
    pub(crate) ended_at_ms: Option<u64>,
    pub(crate) transitions: VecDeque<Transition>,
    pub(crate) transitions_dropped: u64,
    pub(crate) ignored: IgnoredCounts,
    outputs: VecDeque<Output>,
    places: Places,
}

impl Shell {
    pub(crate) fn new(vms: Vec<VmRef>, start: ServerTime) -> Self {
        let (vms, places) = Places::of(vms);
        Self {
            vms,
            start,
            ended_at_ms: None,
            transitions: VecDeque::new(),
            transitions_dropped: 0,
            ignored: IgnoredCounts::default(),
            outputs: VecDeque::new(),
            places,
        }
    }

    /// Takes other VMs; answers the places of those before.
    pub(crate) fn set_vms(&mut self, vms: Vec<VmRef>) -> Places {
        let (vms, places) = Places::of(vms);
        self.vms = vms;
        core::mem::replace(&mut self.places, places)
    }

    pub(crate) fn place_of(&self, vm: &str) -> Option<usize> {
        self.places.get(vm)
    }

    pub(crate) fn vm(&self, place: usize) -> &str {
        self.vms.get(place).map_or("", |vm| vm.vm.as_str())
    }

    /// The name as given, else as the events have it.
    pub(crate) fn name(&self, place: usize, in_events: Option<&str>) -> Option<String> {
        let given = self.vms.get(place).and_then(|vm| vm.name.as_deref());
        given.or(in_events).map(ToOwned::to_owned)
    }

    pub(crate) fn tell(&mut self, output: Output) {
        if let Output::Transition(transition) = &output {
            self.transitions.push_back(transition.clone());
            let limit = self
                .vms
                .len()
                .saturating_mul(TRANSITIONS_PER_VM)
                .max(TRANSITIONS_AT_LEAST);
            while self.transitions.len() > limit {
                self.transitions.pop_front();
                self.transitions_dropped += 1;
            }
        }
        self.outputs.push_back(output);
    }

    /// Asks for a read. One that was asked for and not yet drained is replaced.
    pub(crate) fn ask_read(
        &mut self,
        vms: Vec<String>,
        since: ServerTime,
        reason: ReadReason,
        timeout_ms: Option<u64>,
    ) {
        self.outputs.retain(|output| !matches!(output, Output::Read(_)));
        self.outputs.push_back(Output::Read(EventQuery {
            vms,
            since,
            types: &EVENT_TYPES,
            max_count: MAX_PAGE,
            reason,
            timeout_ms,
        }));
    }

    /// The run is over: nothing is asked of the host any more.
    pub(crate) fn end(&mut self, at_ms: u64) {
        self.ended_at_ms = Some(at_ms);
        self.outputs
            .retain(|output| !matches!(output, Output::Read(_) | Output::LogIn));
    }
}

/// Host time as milliseconds since the start of the run. It survives a restore, where the host's
/// own clock begins anew, and never goes backwards.
#[derive(Debug, Clone)]
pub(crate) struct RunClock {
    /// A host time and the milliseconds of the run that had passed then.
    anchor: (u64, u64),
    now_ms: u64,
}

impl RunClock {
    pub(crate) fn new(now: HostTime, elapsed_ms: u64) -> Self {
        Self {
            anchor: (now.as_millis(), elapsed_ms),
            now_ms: elapsed_ms,
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn advance(&mut self, now: HostTime) -> u64 {
        self.now_ms = self.now_ms.max(self.run_ms(now));
        self.now_ms
    }

    fn run_ms(&self, time: HostTime) -> u64 {
        let (host, elapsed) = self.anchor;
        elapsed.saturating_add(time.as_millis().saturating_sub(host))
    }

    fn host_time(&self, run_ms: u64) -> HostTime {
        let (host, elapsed) = self.anchor;
        HostTime::from_millis(host.saturating_add(run_ms.saturating_sub(elapsed)))
    }
}

impl Monitor {
    /// Starts a run at server time `server_now`, which is host time `now`.
    ///
    /// The same VM named twice has one row.
    ///
    /// # Errors
    ///
    /// When there are too many VMs, one has no reference value, or an option makes no sense.
    pub fn new(
        vms: Vec<VmRef>,
        options: Options,
        server_now: ServerTime,
        now: HostTime,
    ) -> Result<Self, OptionsError> {
        check(&vms, &options)?;
        let mut shell = Shell::new(vms, server_now);
        let run = match options.rules {
            Rules::Default => Run::Default(DefaultRun::start(
                &options,
                frame(&options, server_now),
                &mut shell,
            )),
            Rules::Published => Run::Published(PublishedRun::start(options.timeout_ms, shell.vms.len())),
        };
        Ok(Self {
            options,
            clock: RunClock::new(now, 0),
            shell,
            run,
        })
    }

    /// From now on watches these VMs, in this order; it is server time `server_now`.
    ///
    /// VMs that were watched before keep their state and their history. Others go without a word;
    /// what was told of them stays in the report's transitions. New ones begin like those of a new
    /// run: with a window of their own, and with a read at once that reaches back to it. The
    /// deadline of the run stays. After the end of the run this changes nothing; without a VM left
    /// that is waited for the run ends, but not a [`Reopen`](crate::Attempts::Reopen) run.
    ///
    /// # Errors
    ///
    /// When the VMs cannot be used, as with [`new`](Self::new), and under the published rules. The
    /// monitor is then as it was.
    pub fn set_vms(
        &mut self,
        vms: Vec<VmRef>,
        server_now: ServerTime,
        now: HostTime,
    ) -> Result<(), OptionsError> {
        check_vms(&vms, &self.options)?;
        let Run::Default(run) = &mut self.run else {
            return Ok(());
        };
        let now_ms = self.clock.advance(now);
        if self.shell.ended_at_ms.is_none() {
            run.end_if_overdue(now_ms, &mut self.shell);
        }
        if self.shell.ended_at_ms.is_none() {
            let frame = frame(&self.options, server_now);
            run.set_vms(vms, &frame, now_ms, &mut self.shell);
        }
        Ok(())
    }

    /// Feeds events that the host has decoded.
    pub fn handle_events(&mut self, page: EventPage, now: HostTime) -> Ingested {
        let mut ingested = Ingested::default();
        self.ingest(page, &mut ingested, now);
        ingested
    }

    /// Feeds a document as it came over the wire: SOAP, VI JSON, `govc events -json` or
    /// `CloudEvents`; an empty one has no events.
    ///
    /// # Errors
    ///
    /// When the document cannot be read or is no document of events. The monitor is then as it
    /// was; report a failed read instead.
    pub fn handle_event_bytes(
        &mut self,
        document: &[u8],
        completeness: Completeness,
        now: HostTime,
    ) -> Result<Ingested, WireError> {
        Ok(self.handle_decoded(wire::decode(document)?, completeness, now))
    }

    /// Feeds a document that [`wire::decode`] has read.
    pub(crate) fn handle_decoded(
        &mut self,
        decoded: Decoded,
        completeness: Completeness,
        now: HostTime,
    ) -> Ingested {
        let mut ingested = Ingested {
            ignored: decoded.ignored,
            bad: decoded.bad,
            ..Ingested::default()
        };
        if !self.is_ended() {
            self.shell.ignored.add_all(&ingested.ignored);
        }
        let page = EventPage {
            events: decoded.events,
            completeness,
        };
        self.ingest(page, &mut ingested, now);
        ingested
    }

    fn ingest(&mut self, page: EventPage, ingested: &mut Ingested, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if !self.is_open(now_ms) {
            for _ in page.events {
                ingested.ignored.add(IgnoreReason::AfterEnd);
            }
            return;
        }
        let mut ignored = IgnoredCounts::default();
        ingested.accepted = match &mut self.run {
            Run::Default(run) => run.handle_events(page, &mut ignored, now_ms, &mut self.shell),
            Run::Published(run) => run.handle_events(page, &mut ignored, now_ms, &mut self.shell),
        };
        self.shell.ignored.add_all(&ignored);
        ingested.ignored.add_all(&ignored);
    }

    /// Feeds what the VM's own properties say (rule D17).
    pub fn handle_guest_info(&mut self, info: GuestInfo, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if !self.is_open(now_ms) {
            return;
        }
        match &mut self.run {
            Run::Default(run) => run.handle_guest_info(info, now_ms, &mut self.shell),
            Run::Published(_) => self.shell.ignored.add(IgnoreReason::NotInRules),
        }
    }

    /// Tells that the read failed, as a whole or for one VM (rule D13).
    pub fn handle_read_failed(&mut self, failure: ReadFailure, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if !self.is_open(now_ms) {
            return;
        }
        match &mut self.run {
            Run::Default(run) => run.handle_read_failed(failure, now_ms, &mut self.shell),
            Run::Published(run) => run.handle_read_failed(&failure, now_ms, &mut self.shell),
        }
    }

    /// Tells that the log-in asked for was done.
    pub fn handle_logged_in(&mut self, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if !self.is_open(now_ms) {
            return;
        }
        match &mut self.run {
            Run::Default(run) => run.handle_logged_in(now_ms, &mut self.shell),
            // The next pass reads anyway.
            Run::Published(_) => {}
        }
    }

    /// Tells that time has passed. Early and repeated calls are harmless.
    pub fn handle_timeout(&mut self, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if !self.is_open(now_ms) {
            return;
        }
        match &mut self.run {
            Run::Default(run) => run.handle_timeout(now_ms, &mut self.shell),
            Run::Published(run) => run.handle_timeout(now_ms, &mut self.shell),
        }
    }

    /// Ends the run at once; every VM keeps its row.
    pub fn cancel(&mut self, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if !self.is_open(now_ms) {
            return;
        }
        match &mut self.run {
            Run::Default(run) => run.cancel(now_ms, &mut self.shell),
            Run::Published(run) => run.cancel(now_ms, &mut self.shell),
        }
    }

    /// The next thing to tell or to do; `None` when all is drained.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.shell.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next; `None` when nothing waits for
    /// the clock, as after the end of the run.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Deadline> {
        if self.shell.ended_at_ms.is_some() {
            return None;
        }
        let (at_ms, reason) = match &self.run {
            Run::Default(run) => run.next_due(),
            Run::Published(run) => run.next_due(),
        }?;
        Some(Deadline {
            at: self.clock.host_time(at_ms),
            reason,
        })
    }

    /// For a player whose source answers at once and has nothing new before `end`: puts the next
    /// read off to the first one, of those that follow each other from now on, that comes no
    /// earlier than `end` or than whatever else falls due. Those left out would change nothing.
    pub(crate) fn skip_empty_reads(&mut self, end: HostTime) {
        let end_ms = self.clock.run_ms(end);
        match &mut self.run {
            Run::Default(run) => run.skip_empty_reads(end_ms),
            Run::Published(run) => run.skip_empty_passes(end_ms),
        }
    }

    /// Whether the run is over; what comes in then changes nothing.
    pub fn is_ended(&self) -> bool {
        self.shell.ended_at_ms.is_some()
    }

    /// Everything there is to tell, as of the last input.
    pub fn report(&self) -> Report {
        Report {
            ended_at_ms: self.shell.ended_at_ms,
            vms: self.rows(),
            transitions: self.shell.transitions.iter().cloned().collect(),
            transitions_dropped: self.shell.transitions_dropped,
            ignored: self.shell.ignored.clone(),
        }
    }

    /// The row of each VM, in the order asked for, as of the last input.
    pub fn rows(&self) -> Vec<VmReport> {
        (0..self.shell.vms.len())
            .map(|place| self.row_at(place))
            .collect()
    }

    /// The row of the VM with this managed object reference value; `None` when it is not watched.
    pub fn row(&self, vm: &str) -> Option<VmReport> {
        self.shell.place_of(vm).map(|place| self.row_at(place))
    }

    fn row_at(&self, place: usize) -> VmReport {
        match &self.run {
            Run::Default(run) => run.row(place, self.clock.now_ms(), &self.shell),
            Run::Published(run) => run.row(place, &self.shell),
        }
    }

    /// Whether an input at `now_ms` still counts. The end of the last read comes first when it
    /// lies strictly before the input (D10).
    fn is_open(&mut self, now_ms: u64) -> bool {
        if let (None, Run::Default(run)) = (self.shell.ended_at_ms, &mut self.run) {
            run.end_if_overdue(now_ms, &mut self.shell);
        }
        self.shell.ended_at_ms.is_none()
    }
}

/// D1: where the window opens.
pub(crate) fn frame(options: &Options, start: ServerTime) -> Frame {
    Frame {
        window: match options.window {
            Window::LookbackMs(ms) => start.minus_ms(ms),
            Window::Since(time) => time,
        },
        start,
        attempts: options.attempts,
    }
}

/// Whether these VMs can take the place of others in a run with these options.
pub(crate) fn check_vms(vms: &[VmRef], options: &Options) -> Result<(), OptionsError> {
    match options.rules {
        Rules::Default => check(vms, options),
        Rules::Published => Err(OptionsError::FixedVms),
    }
}

fn check(vms: &[VmRef], options: &Options) -> Result<(), OptionsError> {
    if vms.len() > MAX_VMS {
        return Err(OptionsError::TooManyVms(vms.len()));
    }
    for (place, vm) in vms.iter().enumerate() {
        if vm.vm.is_empty() {
            return Err(OptionsError::EmptyVm(place));
        }
        if vm.vm.len() > MAX_STRING_BYTES {
            return Err(OptionsError::LongVm(place));
        }
    }
    if options.poll_interval_ms == 0 {
        return Err(OptionsError::ZeroPollInterval);
    }
    Ok(())
}
