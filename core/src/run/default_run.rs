//! A run under the default rules: it keeps what is known of each VM, tells what changed, and
//! keeps the deadlines. What a status *is* stands in [`assess`](crate::rules::assess).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::fields::{document, object, serialize};
use crate::model::event::EventOrder;
use crate::model::guest_info::GuestInfo;
use crate::model::options::{Attempts, Options, VmRef};
use crate::model::report::{
    IgnoreReason, IgnoredCounts, ReadError, ReadFailureKind, RowDetails, Transition, VmReport,
};
use crate::model::status::{Conclusion, CustomizationStatus, Hint};
use crate::model::text::{cut, MAX_STRING_BYTES};
use crate::model::time::ServerTime;
use crate::rules::assess::{assess, Assessment, Frame};
use crate::rules::history::{History, Insertion};
use crate::rules::transitions::{steps, Told};
use crate::run::deadline_index::Earliest;
use crate::run::monitor::{Completeness, DeadlineReason, EventPage, Output, ReadFailure, ReadReason, Shell};
use crate::run::read_schedule::{Reads, Wish};

/// D10: how long the last read may take, in milliseconds.
const LAST_READ_MS: u64 = 5000;

/// What the host said of a VM. It is never withdrawn, only outranked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HostWord {
    /// The object does not exist.
    gone: bool,
    /// Its events cannot be read.
    unobservable: Option<ReadError>,
}

document!(HostWord {
    "gone" => gone,
    "unobservable" => unobservable = None,
});

impl HostWord {
    fn is_said(&self) -> bool {
        self.gone || self.unobservable.is_some()
    }

    /// Adds to what was said; `false` when it was said before.
    fn add(&mut self, error: ReadError) -> bool {
        match error.kind {
            ReadFailureKind::NotFound => !core::mem::replace(&mut self.gone, true),
            ReadFailureKind::NoPermission
            | ReadFailureKind::Fatal
            | ReadFailureKind::NotAuthenticated
            | ReadFailureKind::Transient => {
                let is_new = self.unobservable.is_none();
                self.unobservable.get_or_insert(error);
                is_new
            }
        }
    }
}

/// A result that was told, to notice when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToldResult {
    status: CustomizationStatus,
    attempt: u32,
    /// Its place in the order of events; `None` when guest info brought it.
    order: Option<EventOrder>,
}

document!(ToldResult {
    "status" => status,
    "attempt" => attempt,
    "order" => order = None,
});

/// A VM that came to the run on the way: it has a window and a start of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    window: ServerTime,
    start: ServerTime,
    /// Whether a read was asked for that names it.
    asked: bool,
    /// Whether such a read was complete.
    observed: bool,
}

document!(Added {
    "window" => window,
    "start" => start,
    "asked" => asked,
    "observed" => observed,
});

/// One VM.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) history: History,
    pub(crate) told: Told,
    pub(crate) told_result: Option<ToldResult>,
    pub(crate) revised: bool,
    pub(crate) host_word: HostWord,
    /// How the end of the run concluded it, where nothing else did.
    pub(crate) concluded_by_end: Option<Conclusion>,
    pub(crate) stuck_told: bool,
    /// `None` for those of the start.
    pub(crate) added: Option<Added>,
    known: Assessment,
    conclusion: Option<Conclusion>,
}

impl Watched {
    /// `frame` is that of the VM.
    pub(crate) fn new(history: History, told: Told, frame: &Frame) -> Self {
        let known = assess(&history, frame);
        Self {
            history,
            told,
            told_result: None,
            revised: false,
            host_word: HostWord::default(),
            concluded_by_end: None,
            stuck_told: false,
            added: None,
            known,
            conclusion: None,
        }
    }

    /// Whether there was a complete observation of it, where there was one `of_run`.
    fn is_observed(&self, of_run: bool) -> bool {
        self.added.as_ref().map_or(of_run, |added| added.observed)
    }

    /// Where its window opens and where it starts (D1, D2), where the run's frame is `of_run`.
    fn frame(&self, of_run: &Frame) -> Frame {
        own_frame(self.added.as_ref(), of_run)
    }

    /// Whether a read names this VM: not when it is removed, nor when the host said that it
    /// cannot be read.
    fn is_readable(&self) -> bool {
        !self.host_word.is_said() && self.conclusion != Some(Conclusion::VmRemoved)
    }

    /// The conclusion by what is known, in the order of precedence.
    fn derive_conclusion(&self, observed: bool, wait_for_power_on: bool) -> Option<Conclusion> {
        if self.known.status.is_result() {
            Some(Conclusion::Completed)
        } else if self.known.removed || self.host_word.gone {
            Some(Conclusion::VmRemoved)
        } else if self.host_word.unobservable.is_some() {
            Some(Conclusion::Unobservable)
        } else if self.known.attempt.is_none() && observed && !wait_for_power_on {
            Some(Conclusion::NotStarted)
        } else {
            self.concluded_by_end
        }
    }

    /// D18: the likely reason that the VM gets no further. Before a complete observation nothing is
    /// known of a power-on.
    fn hint(&self, observed: bool) -> Option<Hint> {
        match self.known.status {
            CustomizationStatus::VmNotStarted => observed.then_some(Hint::NeverPoweredOn),
            CustomizationStatus::CustomizationNotStarted => Some(match self.history.guest.pending() {
                Some(true) => Hint::PendingNotStarted,
                Some(false) => Hint::NothingPending,
                None => Hint::NotStarted,
            }),
            CustomizationStatus::CustomizationStarted => Some(Hint::StartedNoResult),
            CustomizationStatus::CustomizationSucceeded | CustomizationStatus::CustomizationFailed => None,
        }
    }

    /// D5: a result that was told and then changed. A later attempt takes nothing from the
    /// result of the one before it.
    fn note_result(&mut self) {
        let attempt = self.known.attempt.as_ref();
        let number = attempt.map_or(0, |attempt| attempt.begin.number);
        if let Some(told) = &self.told_result {
            let is_later_attempt = number > told.attempt
                && attempt.is_some_and(|attempt| {
                    told.order
                        .as_ref()
                        .is_none_or(|order| attempt.begin.order > *order)
                });
            if is_later_attempt {
                self.told_result = None;
                self.revised = false;
            } else if told.status != self.known.status {
                self.revised = true;
            }
        }
        if self.known.status.is_result() {
            self.told_result = Some(ToldResult {
                status: self.known.status,
                attempt: number,
                order: attempt.and_then(|attempt| attempt.result_order.clone()),
            });
        }
    }
}

/// The first of two due at the same time gives the reason: a host may want to look before a hint is told.
fn earlier(
    first: Option<(u64, DeadlineReason)>,
    second: Option<(u64, DeadlineReason)>,
) -> Option<(u64, DeadlineReason)> {
    first.into_iter().chain(second).min_by_key(|(at_ms, _)| *at_ms)
}

pub(crate) fn own_frame(added: Option<&Added>, of_run: &Frame) -> Frame {
    added.map_or_else(
        || of_run.clone(),
        |added| Frame {
            window: added.window,
            start: added.start,
            attempts: of_run.attempts,
        },
    )
}

#[derive(Debug, Clone)]
pub(crate) struct DefaultRun {
    options: Options,
    frame: Frame,
    pub(crate) vms: Vec<Watched>,
    pub(crate) reads: Reads,
    /// Whether there was a complete observation of the VMs of the start.
    pub(crate) observed: bool,
    /// When the last read was asked for (D10).
    pub(crate) last_read_at_ms: Option<u64>,
    /// How many VMs are waited for.
    open: usize,
    /// When VMs that are waited for will have been without a transition for long, by place (D18).
    stuck: Earliest,
    /// Whether a VM that came on the way may be without a complete observation.
    any_unobserved: bool,
}

impl DefaultRun {
    pub(crate) fn start(options: &Options, frame: Frame, shell: &mut Shell) -> Self {
        let told = Told {
            status: CustomizationStatus::VmNotStarted,
            attempt: 0,
            at_ms: 0,
        };
        let vms = shell
            .vms
            .iter()
            .map(|_| Watched::new(History::default(), told, &frame))
            .collect();
        let mut run = Self::assemble(options, frame, vms, Reads::started());
        run.end_if_concluded(0, shell);
        if shell.ended_at_ms.is_none() {
            run.grant(Wish::Read(ReadReason::Start), 0, shell);
        }
        run
    }

    /// A run from its parts; conclusions follow from them.
    pub(crate) fn assemble(options: &Options, frame: Frame, vms: Vec<Watched>, reads: Reads) -> Self {
        let open = vms.len();
        Self {
            stuck: Earliest::of_none(vms.len()),
            options: options.clone(),
            frame,
            vms,
            reads,
            observed: false,
            last_read_at_ms: None,
            open,
            any_unobserved: true,
        }
    }

    /// Brings the conclusions up to date after a restore, telling nothing.
    pub(crate) fn settle(&mut self) {
        for watched in &mut self.vms {
            let observed = watched.is_observed(self.observed);
            watched.conclusion = watched.derive_conclusion(observed, self.options.wait_for_power_on);
        }
        self.count();
    }

    /// Counts the VMs that are waited for, and notes when they will be stuck.
    fn count(&mut self) {
        self.stuck = Earliest::of_none(self.vms.len());
        for place in 0..self.vms.len() {
            self.note_stuck(place);
        }
        self.open = self
            .vms
            .iter()
            .filter(|watched| watched.conclusion.is_none())
            .count();
    }

    /// Takes other VMs: those known go on, the others begin now with `frame`.
    pub(crate) fn set_vms(&mut self, vms: Vec<VmRef>, frame: &Frame, now_ms: u64, shell: &mut Shell) {
        let places = shell.set_vms(vms);
        let mut before: Vec<Option<Watched>> = core::mem::take(&mut self.vms).into_iter().map(Some).collect();
        let told = Told {
            status: CustomizationStatus::VmNotStarted,
            attempt: 0,
            at_ms: now_ms,
        };
        let mut any_new = false;
        for vm in &shell.vms {
            let known = places.get(&vm.vm).and_then(|place| before.get_mut(place)?.take());
            self.vms.push(known.unwrap_or_else(|| {
                any_new = true;
                let mut watched = Watched::new(History::default(), told, frame);
                watched.added = Some(Added {
                    window: frame.window,
                    start: frame.start,
                    asked: false,
                    observed: false,
                });
                watched
            }));
        }
        self.count();
        self.any_unobserved = true;
        self.end_if_concluded(now_ms, shell);
        if any_new && shell.ended_at_ms.is_none() {
            if let Some(wish) = self.reads.vms_added() {
                self.grant(wish, now_ms, shell);
            }
        }
    }

    /// Asks again for what was asked for and not answered before a restore.
    pub(crate) fn resume(&mut self, now_ms: u64, shell: &mut Shell) {
        if let Some(wish) = self.reads.outstanding() {
            self.grant(wish, now_ms, shell);
        }
        self.reads.hurry(now_ms);
    }

    pub(crate) fn handle_events(
        &mut self,
        page: EventPage,
        ignored: &mut IgnoredCounts,
        now_ms: u64,
        shell: &mut Shell,
    ) -> u64 {
        let mut accepted = 0;
        let mut touched = alloc::vec![false; self.vms.len()];
        for event in page.events {
            let Some(place) = shell.place_of(event.vm()) else {
                ignored.add(IgnoreReason::OtherVm);
                continue;
            };
            let Some(watched) = self.vms.get_mut(place) else {
                continue;
            };
            let frame = watched.frame(&self.frame);
            if event.created_time() < frame.window {
                ignored.add(IgnoreReason::BeforeWindow);
                continue;
            }
            self.reads.saw(event.created_time());
            let (_, name, kept) = event.into_parts();
            match watched.history.insert(kept, name, &frame) {
                Insertion::Kept { dropped } => {
                    accepted += 1;
                    if let Some(touched) = touched.get_mut(place) {
                        *touched = true;
                    }
                    ignored.add_times(IgnoreReason::NoRoom, dropped);
                }
                Insertion::Duplicate => ignored.add(IgnoreReason::Duplicate),
                Insertion::NoRoom => ignored.add(IgnoreReason::NoRoom),
            }
        }
        let is_complete = page.completeness == Completeness::Complete;
        if is_complete {
            self.reads.completed(now_ms, self.options.poll_interval_ms);
            self.observe(&mut touched);
        }
        for (place, touched) in touched.into_iter().enumerate() {
            if touched {
                self.refresh(place, now_ms, shell);
            }
        }
        self.end_if_concluded(now_ms, shell);
        let is_last = self.last_read_at_ms.is_some()
            || self.options.timeout_ms.is_some_and(|deadline| now_ms > deadline);
        if is_complete && is_last && shell.ended_at_ms.is_none() {
            self.end(Conclusion::TimedOut, now_ms, shell);
        }
        accepted
    }

    /// Notes a complete observation, and the VMs for which it is the first.
    fn observe(&mut self, touched: &mut [bool]) {
        let is_first = !core::mem::replace(&mut self.observed, true);
        if !is_first && !self.any_unobserved {
            return;
        }
        self.any_unobserved = false;
        for (watched, touched) in self.vms.iter_mut().zip(touched) {
            let is_news = match &mut watched.added {
                // A read that began before it came says nothing of it.
                Some(added) => added.asked && !core::mem::replace(&mut added.observed, true),
                None => is_first,
            };
            *touched |= is_news;
            self.any_unobserved |= !watched.is_observed(true);
        }
    }

    pub(crate) fn handle_guest_info(&mut self, info: GuestInfo, now_ms: u64, shell: &mut Shell) {
        let Some(place) = shell.place_of(&info.vm) else {
            shell.ignored.add(IgnoreReason::OtherVm);
            return;
        };
        if let Some(watched) = self.vms.get_mut(place) {
            if let Some(reason) = watched.history.guest.learn(info) {
                shell.ignored.add(reason);
            }
        }
        self.refresh(place, now_ms, shell);
        self.end_if_concluded(now_ms, shell);
    }

    pub(crate) fn handle_read_failed(&mut self, failure: ReadFailure, now_ms: u64, shell: &mut Shell) {
        let message = failure
            .message
            .unwrap_or_else(|| failure.kind.default_message().to_owned());
        let (message, truncated) = cut(&message, MAX_STRING_BYTES);
        let error = ReadError {
            kind: failure.kind,
            message,
            truncated,
        };
        match (failure.kind, failure.vm) {
            (ReadFailureKind::NotAuthenticated, _) => {
                if let Some(wish) = self.reads.lost_session(now_ms) {
                    self.grant(wish, now_ms, shell);
                }
            }
            (ReadFailureKind::Transient, _) => self.reads.failed(now_ms),
            (
                ReadFailureKind::NoPermission | ReadFailureKind::NotFound | ReadFailureKind::Fatal,
                Some(vm),
            ) => self.drop_vm(&vm, error, now_ms, shell),
            (ReadFailureKind::NoPermission | ReadFailureKind::NotFound | ReadFailureKind::Fatal, None) => {
                self.end_fatally(&error, now_ms, shell);
            }
        }
    }

    pub(crate) fn handle_logged_in(&mut self, now_ms: u64, shell: &mut Shell) {
        if let Some(wish) = self.reads.logged_in() {
            self.grant(wish, now_ms, shell);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now_ms: u64, shell: &mut Shell) {
        if let Some(end_ms) = self.last_read_ends_at_ms().filter(|end_ms| now_ms >= *end_ms) {
            self.end(Conclusion::TimedOut, end_ms, shell);
            return;
        }
        let is_deadline = self.last_read_at_ms.is_none()
            && self.options.timeout_ms.is_some_and(|deadline| now_ms >= deadline);
        let wish = if is_deadline {
            self.last_read_at_ms = Some(now_ms);
            if !self.vms.iter().any(Watched::is_readable) {
                self.end(Conclusion::TimedOut, now_ms, shell);
                return;
            }
            self.reads.last_read()
        } else {
            self.reads.due(now_ms)
        };
        if let Some(wish) = wish {
            self.grant(wish, now_ms, shell);
        }
        self.tell_stuck(now_ms, shell);
    }

    pub(crate) fn cancel(&mut self, now_ms: u64, shell: &mut Shell) {
        self.end(Conclusion::Cancelled, now_ms, shell);
    }

    /// Ends the run if the time of the last read was over before `now_ms`.
    pub(crate) fn end_if_overdue(&mut self, now_ms: u64, shell: &mut Shell) {
        if let Some(end_ms) = self.last_read_ends_at_ms().filter(|end_ms| now_ms > *end_ms) {
            self.end(Conclusion::TimedOut, end_ms, shell);
        }
    }

    pub(crate) fn next_due(&self) -> Option<(u64, DeadlineReason)> {
        earlier(self.due_beside_reads(), self.reads.next_due())
    }

    fn due_beside_reads(&self) -> Option<(u64, DeadlineReason)> {
        let end = match (self.last_read_ends_at_ms(), self.options.timeout_ms) {
            (Some(end_ms), _) => Some((end_ms, DeadlineReason::LastRead)),
            (None, Some(deadline)) => Some((deadline, DeadlineReason::Deadline)),
            (None, None) => None,
        };
        let stuck = self.stuck.get().map(|at_ms| (at_ms, DeadlineReason::Stuck));
        earlier(stuck, end)
    }

    /// A complete observation without news changes nothing, but the first one of a VM.
    pub(crate) fn skip_empty_reads(&mut self, end_ms: u64) {
        let is_observed = |watched: &Watched| watched.is_observed(self.observed);
        if self
            .vms
            .iter()
            .all(|watched| is_observed(watched) || !watched.is_readable())
        {
            let other_ms = self.due_beside_reads().map_or(u64::MAX, |(at_ms, _)| at_ms);
            self.reads
                .put_off(end_ms.min(other_ms), self.options.poll_interval_ms);
        }
    }

    pub(crate) fn row(&self, place: usize, now_ms: u64, shell: &Shell) -> VmReport {
        let watched = self.vms.get(place);
        let attempt = watched.and_then(|watched| watched.known.attempt.as_ref());
        let conclusion = watched.and_then(|watched| watched.conclusion);
        let hint = watched.filter(|watched| match conclusion {
            None => now_ms >= self.stuck_at_ms(watched),
            Some(conclusion) => conclusion == Conclusion::TimedOut,
        });
        VmReport {
            vm: shell.vm(place).to_owned(),
            name: shell.name(place, watched.and_then(|watched| watched.history.name())),
            customization_status: watched
                .map_or(CustomizationStatus::VmNotStarted, |watched| watched.known.status),
            conclusion,
            details: Some(RowDetails {
                attempt: attempt.map_or(0, |attempt| attempt.begin.number),
                powered_on_at: attempt.and_then(|attempt| attempt.powered_on_at),
                started_at: attempt.and_then(|attempt| attempt.started_at),
                finished_at: attempt.and_then(|attempt| attempt.finished_at),
                failure: attempt.and_then(|attempt| attempt.failure.clone()),
                hint: hint.and_then(|watched| watched.hint(watched.is_observed(self.observed))),
                revised: watched.is_some_and(|watched| watched.revised),
                guest_info_disagrees: attempt.is_some_and(|attempt| attempt.guest_info_disagrees),
                error: watched
                    .filter(|_| conclusion == Some(Conclusion::Unobservable))
                    .and_then(|watched| watched.host_word.unobservable.clone()),
            }),
        }
    }

    /// Tells what changed for one VM.
    fn refresh(&mut self, place: usize, now_ms: u64, shell: &mut Shell) {
        let Some(watched) = self.vms.get_mut(place) else {
            return;
        };
        watched.known = assess(&watched.history, &watched.frame(&self.frame));
        for step in steps(watched.told, &watched.known) {
            shell.tell(Output::Transition(Transition {
                vm: shell.vm(place).to_owned(),
                from: watched.told.status,
                to: step.to,
                at_ms: now_ms,
                event_key: step.cause.event_key,
                attempt: step.attempt,
                inferred: step.cause.inferred,
            }));
            watched.told = Told {
                status: step.to,
                attempt: step.attempt,
                at_ms: now_ms,
            };
            watched.stuck_told = false;
        }
        watched.note_result();
        self.conclude(place, now_ms, shell);
    }

    /// Brings the conclusion of one VM up to date, and tells it.
    fn conclude(&mut self, place: usize, now_ms: u64, shell: &mut Shell) {
        let Some(watched) = self.vms.get_mut(place) else {
            return;
        };
        let before = watched.conclusion;
        let observed = watched.is_observed(self.observed);
        let after = watched.derive_conclusion(observed, self.options.wait_for_power_on);
        watched.conclusion = after;
        self.note_stuck(place);
        if before == after {
            return;
        }
        self.open = match (before, after) {
            (None, Some(_)) => self.open.saturating_sub(1),
            (Some(_), None) => self.open.saturating_add(1),
            (None, None) | (Some(_), Some(_)) => self.open,
        };
        if after.is_some() {
            let row = self.row(place, now_ms, shell);
            shell.tell(Output::Concluded(row.into()));
        }
    }

    /// D13: the host cannot read one VM; the others are read on at once.
    fn drop_vm(&mut self, vm: &str, error: ReadError, now_ms: u64, shell: &mut Shell) {
        let place = shell.place_of(vm);
        let watched = place.and_then(|place| self.vms.get_mut(place));
        let (Some(place), Some(watched)) = (place, watched) else {
            // Reading on at once would meet the same refusal for ever.
            shell.ignored.add(IgnoreReason::OtherVm);
            self.reads.failed(now_ms);
            return;
        };
        if !watched.host_word.add(error) {
            self.reads.failed(now_ms);
            return;
        }
        self.conclude(place, now_ms, shell);
        self.end_if_concluded(now_ms, shell);
        if shell.ended_at_ms.is_none() {
            let wish = self.reads.read(ReadReason::VmDropped);
            self.grant(wish, now_ms, shell);
        }
    }

    fn end_fatally(&mut self, error: &ReadError, now_ms: u64, shell: &mut Shell) {
        for watched in &mut self.vms {
            if watched.conclusion.is_none() {
                watched.host_word.unobservable = Some(error.clone());
            }
        }
        self.end(Conclusion::Unobservable, now_ms, shell);
    }

    /// D11: the run ends the moment the last VM is concluded, but a `reopen` run.
    fn end_if_concluded(&mut self, now_ms: u64, shell: &mut Shell) {
        let goes_on = match self.options.attempts {
            Attempts::Reopen => true,
            Attempts::Follow | Attempts::First => false,
        };
        if self.open == 0 && !goes_on {
            shell.end(now_ms);
        } else if self.last_read_at_ms.is_some() && !self.vms.iter().any(Watched::is_readable) {
            self.end(Conclusion::TimedOut, now_ms, shell);
        }
    }

    /// Ends the run; what is open is concluded so.
    fn end(&mut self, open_vms: Conclusion, at_ms: u64, shell: &mut Shell) {
        for place in 0..self.vms.len() {
            if let Some(watched) = self.vms.get_mut(place) {
                watched.concluded_by_end = Some(open_vms);
            }
            self.conclude(place, at_ms, shell);
        }
        shell.end(at_ms);
    }

    /// Passes a wish of the read schedule on to the host.
    fn grant(&mut self, wish: Wish, now_ms: u64, shell: &mut Shell) {
        let reason = match wish {
            Wish::LogIn => {
                shell.tell(Output::LogIn);
                return;
            }
            Wish::Read(reason) => reason,
        };
        let mut vms: Vec<String> = Vec::new();
        let mut since: Option<ServerTime> = None;
        for (place, watched) in self.vms.iter_mut().enumerate() {
            if !watched.is_readable() {
                continue;
            }
            vms.push(shell.vm(place).to_owned());
            let window = watched.frame(&self.frame).window;
            let own = self.reads.since(window, watched.is_observed(self.observed));
            since = Some(since.map_or(own, |since| since.min(own)));
            if let Some(added) = &mut watched.added {
                added.asked = true;
            }
        }
        let Some(since) = since else {
            self.reads.park();
            if self.last_read_at_ms.is_some() {
                self.end(Conclusion::TimedOut, now_ms, shell);
            }
            return;
        };
        let timeout_ms = self
            .last_read_ends_at_ms()
            .map(|end_ms| end_ms.saturating_sub(now_ms));
        shell.ask_read(vms, since, reason, timeout_ms);
    }

    fn last_read_ends_at_ms(&self) -> Option<u64> {
        self.last_read_at_ms
            .map(|asked| asked.saturating_add(LAST_READ_MS))
    }

    fn stuck_at_ms(&self, watched: &Watched) -> u64 {
        watched.told.at_ms.saturating_add(self.options.stuck_after_ms)
    }

    /// Notes when one VM will be stuck, if nothing happens.
    fn note_stuck(&mut self, place: usize) {
        let waiting = self.vms.get(place).filter(|watched| {
            watched.conclusion.is_none()
                && !watched.stuck_told
                && watched.hint(watched.is_observed(self.observed)).is_some()
        });
        let at_ms = waiting.map(|watched| self.stuck_at_ms(watched));
        self.stuck.set(place, at_ms);
    }

    fn tell_stuck(&mut self, now_ms: u64, shell: &mut Shell) {
        if self.stuck.get().is_none_or(|at_ms| at_ms > now_ms) {
            return;
        }
        let stuck_after_ms = self.options.stuck_after_ms;
        for (place, watched) in self.vms.iter_mut().enumerate() {
            let is_due = watched.conclusion.is_none()
                && !watched.stuck_told
                && now_ms >= watched.told.at_ms.saturating_add(stuck_after_ms);
            if let (true, Some(hint)) = (is_due, watched.hint(watched.is_observed(self.observed))) {
                watched.stuck_told = true;
                self.stuck.set(place, None);
                shell.tell(Output::Stuck {
                    vm: shell.vm(place).to_owned(),
                    hint,
                });
            }
        }
    }
}
