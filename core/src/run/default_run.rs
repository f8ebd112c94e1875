//! A run under the default rules: it keeps what is known of each VM, emits what changed, and
//! keeps the deadlines. What a status *is* stands in [`assess`](crate::rules::assess).

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::guest_info::{GuestInfo, Shown};
use crate::model::is_default;
use crate::model::options::{Attempts, Options, VmRef};
use crate::model::protocol::{
    Completeness, DeadlineReason, EventPage, GuestInfoQuery, Output, ReadFailure, ReadReason,
};
use crate::model::report::{
    IgnoreReason, IgnoredCounts, ReadError, ReadFailureKind, RowDetails, Transition, VmReport,
};
use crate::model::status::{Conclusion, Hint};
use crate::model::text::MAX_TEXT_BYTES;
use crate::model::time::ServerTime;
use crate::rules::assess::{assess, failure};
use crate::rules::conclusion::RunDeadline;
use crate::rules::hint::unread_after_ms;
use crate::rules::readiness::ReadinessReads;
use crate::rules::retention::{self, Insertion};
use crate::rules::time_window::TimeWindow;
use crate::rules::transitions::{steps, LastEmitted};
use crate::run::context::RunContext;
use crate::run::deadline_index::DeadlineIndex;
use crate::run::read_schedule::{Reads, Request};
use crate::run::watched_vm::{Added, WatchedVm};

/// What falls due, and when.
type Due = (u64, DeadlineReason);

/// The first of those due at the same time gives the reason: a host may want to look before a hint is emitted.
fn earliest(due: [Option<Due>; 3]) -> Option<Due> {
    due.into_iter().flatten().min_by_key(|(at_ms, _)| *at_ms)
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefaultRun {
    #[serde(skip)]
    options: Options,
    #[serde(skip)]
    window: TimeWindow,
    vms: Vec<WatchedVm>,
    reads: Reads,
    #[serde(default, skip_serializing_if = "is_default")]
    readiness_reads: ReadinessReads,
    /// Whether there was a complete observation of the VMs of the start.
    observed: bool,
    #[serde(default, rename = "lastReadAskedMs", alias = "lastReadAtMs")]
    deadline: RunDeadline,
    /// What ended the run: the error of each VM that was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fatal_error: Option<ReadError>,
    /// When a part of an answer ended the run - a page, what a guest says, a VM that may not be read: the rest
    /// may still come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by_part_at_ms: Option<u64>,
    /// How many VMs are waited for.
    #[serde(skip)]
    open: usize,
    /// When VMs that are waited for will have been without a transition for long, by place (D18).
    #[serde(skip)]
    stuck: DeadlineIndex,
    /// The places of those that have been, whose hint was emitted.
    #[serde(skip)]
    hinted: BTreeSet<usize>,
    /// Whether their hints say that there was no complete read for long.
    #[serde(skip)]
    is_silent: bool,
    /// Whether a VM that came on the way may be without a complete observation.
    #[serde(skip)]
    any_unobserved: bool,
    /// The places of those that succeeded and whose guest is not ready (D19).
    #[serde(skip)]
    unready: BTreeSet<usize>,
}

/// By which read guest info came (D19).
#[derive(Debug, Clone, Copy)]
pub(crate) enum GuestRead {
    /// By none that the run has asked for: what it says of readiness is ignored.
    Unasked,
    /// By the one with this number.
    Asked(u32),
    /// In a recording, by whichever was open.
    Recorded,
}

impl DefaultRun {
    pub(crate) fn start(options: &Options, context: &mut RunContext) -> Self {
        let mut run = Self {
            options: options.clone(),
            window: TimeWindow::of(options, context.start),
            vms: context.vms.iter().map(|_| WatchedVm::new(0, None)).collect(),
            deadline: RunDeadline::new(options.timeout_ms()),
            is_silent: true,
            any_unobserved: true,
            ..Self::default()
        };
        run.count();
        run.end_if_concluded(0, context);
        if context.ended_at_ms.is_none() {
            run.request(Request::Read(ReadReason::Start), 0, context);
        }
        run
    }

    /// Ends the run where nothing is waited for after a part of an answer.
    fn end_by_part(&mut self, now_ms: u64, context: &mut RunContext) {
        self.end_if_concluded(now_ms, context);
        self.ended_by_part_at_ms = context.ended_at_ms;
    }

    /// The answer whose events ended the run is there as a whole: its read was a complete one.
    pub(crate) fn complete_after_end(&mut self, now_ms: u64, context: &mut RunContext) {
        if self.ended_by_part_at_ms == Some(now_ms) {
            context.read_completed(now_ms);
        }
    }

    pub(crate) fn vm_count(&self) -> usize {
        self.vms.len()
    }

    pub(crate) fn contradiction(&self, now_ms: u64, is_over: bool) -> Option<usize> {
        self.vms
            .iter()
            .position(|watched| !watched.can_be(now_ms, is_over))
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.vms.iter().map(WatchedVm::text_bytes).sum()
    }

    /// Goes on after a restore: recomputes what a snapshot leaves out, and asks again for what was
    /// asked for and not answered.
    pub(crate) fn resume(&mut self, options: &Options, now_ms: u64, context: &mut RunContext) {
        self.options = options.clone();
        self.window = TimeWindow::of(options, context.start);
        self.deadline = self.deadline.restored(options.timeout_ms());
        for watched in &mut self.vms {
            watched.known = assess(&watched.history, &watched.window(&self.window));
            if options.ready.is_some() {
                watched.readiness.follow(&watched.known);
            }
            watched.conclusion = watched.conclude(self.observed, options);
        }
        self.any_unobserved = true;
        self.reads.restored();
        self.count();
        if self.observed && context.reading.last_read_at_ms.is_none() {
            // Format 1 tells that there was a complete read, and not when.
            context.reading.last_read_at_ms = context.ended_at_ms.or(Some(now_ms));
        }
        self.is_silent = context.reading.last_read_at_ms.is_none()
            || self
                .hinted
                .iter()
                .filter_map(|place| self.vms.get(*place))
                .any(|watched| {
                    watched.is_observed(self.observed) && watched.emitted_hint == Some(Hint::NotRead)
                });
        if context.ended_at_ms.is_none() {
            if let Some(request) = self.reads.outstanding() {
                self.request(request, now_ms, context);
            }
            self.reads.poll_now(now_ms);
        }
        self.read_guest_info(now_ms, context);
    }

    /// Counts the VMs that are waited for, and notes whose hints were emitted and when others are due.
    fn count(&mut self) {
        self.open = 0;
        self.hinted.clear();
        self.unready.clear();
        self.stuck = DeadlineIndex::of_none(self.vms.len());
        for (place, watched) in self.vms.iter().enumerate() {
            if watched.awaits_ready_guest(&self.options) {
                self.unready.insert(place);
            }
            if watched.conclusion.is_some() {
                continue;
            }
            self.open += 1;
            if watched.emitted_hint.is_some() {
                self.hinted.insert(place);
            } else {
                self.stuck.set(place, Some(self.stuck_at_ms(watched)));
            }
        }
    }

    /// Takes other VMs: those known go on, the others begin now with `window`.
    pub(crate) fn set_vms(
        &mut self,
        vms: Vec<VmRef>,
        window: &TimeWindow,
        now_ms: u64,
        context: &mut RunContext,
    ) {
        let (vms_before, places) = context.set_vms(vms);
        let mut before: Vec<Option<WatchedVm>> =
            core::mem::take(&mut self.vms).into_iter().map(Some).collect();
        let mut any_new = false;
        for vm in &context.vms {
            let place = places.get(&vms_before, &vm.vm);
            let known = place.and_then(|place| before.get_mut(place)?.take());
            self.vms.push(known.unwrap_or_else(|| {
                any_new = true;
                WatchedVm::new(now_ms, Some(Added::now(window)))
            }));
        }
        // What those that went kept is given back.
        let gone = before.iter().flatten().map(WatchedVm::text_bytes).sum();
        context.texts.replace(gone, 0);
        self.count();
        self.any_unobserved = true;
        self.end_if_concluded(now_ms, context);
        if any_new && context.ended_at_ms.is_none() {
            if let Some(request) = self.reads.vms_added() {
                self.request(request, now_ms, context);
            }
        }
        self.read_guest_info(now_ms, context);
    }

    pub(crate) fn handle_events(
        &mut self,
        page: EventPage,
        ignored: &mut IgnoredCounts,
        now_ms: u64,
        context: &mut RunContext,
    ) -> u64 {
        let mut accepted = 0;
        let mut touched = BTreeSet::new();
        for event in page.events {
            let Some(place) = context.place_of(event.vm()) else {
                ignored.add(IgnoreReason::OtherVm);
                continue;
            };
            let Some(watched) = self.vms.get_mut(place) else {
                continue;
            };
            let window = watched.window(&self.window);
            if event.created_time() < window.opens {
                ignored.add(IgnoreReason::BeforeWindow);
                continue;
            }
            self.reads.note_newest(event.created_time());
            let (_, name, kept) = event.into_parts();
            match retention::insert(&mut watched.history, kept, name, &window, &mut context.texts) {
                Insertion::Kept { dropped } => {
                    accepted += 1;
                    touched.insert(place);
                    ignored.add_times(IgnoreReason::NoRoom, dropped);
                }
                Insertion::Copy { moved } => {
                    touched.extend(moved.then_some(place));
                    ignored.add(IgnoreReason::Duplicate);
                }
                Insertion::NoRoom => ignored.add(IgnoreReason::NoRoom),
            }
        }
        let is_complete = page.completeness == Completeness::Complete;
        if is_complete {
            context.read_completed(now_ms);
            self.reads.completed(now_ms, self.options.poll_interval_ms());
            self.observe(&mut touched);
            if core::mem::replace(&mut self.is_silent, false) {
                touched.extend(&self.hinted);
            }
        }
        for place in touched {
            self.refresh(place, now_ms, context);
        }
        self.end_if_concluded(now_ms, context);
        self.ended_by_part_at_ms = context.ended_at_ms.filter(|_| !is_complete);
        let is_last = is_complete && self.deadline.ends_with_complete_read(now_ms);
        let may_read = is_complete || self.reads.is_paused();
        let are_new = may_read && self.any_unobserved && context.ended_at_ms.is_none();
        if are_new && self.vms.iter().any(WatchedVm::awaits_first_read) {
            // A VM that came during a log-in is read after it. Here a read shows that the session is there.
            let request = self.reads.read(ReadReason::VmsChanged);
            self.request(request, now_ms, context);
        } else if is_last && context.ended_at_ms.is_none() {
            self.end(Conclusion::TimedOut, now_ms, context);
        }
        self.read_guest_info(now_ms, context);
        accepted
    }

    /// Notes a complete observation, and the VMs for which it is the first.
    fn observe(&mut self, touched: &mut BTreeSet<usize>) {
        let is_first = !core::mem::replace(&mut self.observed, true);
        if !is_first && !self.any_unobserved {
            return;
        }
        self.any_unobserved = false;
        for (place, watched) in self.vms.iter_mut().enumerate() {
            let is_news = match &mut watched.added {
                // A read that began before it came says nothing of it.
                Some(added) => added.asked && !core::mem::replace(&mut added.observed, true),
                None => is_first,
            };
            touched.extend(is_news.then_some(place));
            self.any_unobserved |= !watched.is_observed(true);
        }
    }

    pub(crate) fn handle_guest_info(
        &mut self,
        infos: Vec<GuestInfo>,
        read: GuestRead,
        now_ms: u64,
        context: &mut RunContext,
    ) {
        let read = match read {
            // Another is open by now.
            GuestRead::Asked(number) if !self.readiness_reads.answered(number, now_ms) => GuestRead::Unasked,
            GuestRead::Asked(_) | GuestRead::Unasked | GuestRead::Recorded => read,
        };
        for info in infos {
            self.take_guest_info(info, read, now_ms, context);
        }
        self.end_by_part(now_ms, context);
        self.read_guest_info(now_ms, context);
    }

    fn take_guest_info(&mut self, info: GuestInfo, read: GuestRead, now_ms: u64, context: &mut RunContext) {
        let place = context.place_of(&info.vm);
        let watched = place.and_then(|place| self.vms.get_mut(place));
        let (Some(place), Some(watched)) = (place, watched) else {
            context.ignored.add(IgnoreReason::OtherVm);
            return;
        };
        let shown = Shown::by(&info);
        // What brings the result does not count.
        let counts = watched.readiness.is_awaited()
            && match read {
                GuestRead::Unasked => false,
                GuestRead::Asked(_) => watched.readiness.is_asked(),
                GuestRead::Recorded => true,
            };
        if let Some(reason) = watched.history.guest.learn(info, &mut context.texts) {
            context.ignored.add(reason);
        }
        self.refresh(place, now_ms, context);
        if counts {
            self.take_answer(place, shown, now_ms, context);
        }
    }

    /// Takes in what an answer shows of one VM (D19).
    fn take_answer(&mut self, place: usize, shown: Shown, now_ms: u64, context: &mut RunContext) {
        let (Some(watched), Some(ready)) = (self.vms.get_mut(place), self.options.ready) else {
            return;
        };
        let server_now = context.server_clock.latest_at(now_ms);
        let settle_ms = self.options.settle_ms();
        if watched
            .readiness
            .answer(shown.is_ready(ready), settle_ms, server_now, now_ms)
        {
            self.conclude(place, now_ms, context);
        }
    }

    /// The answer to the read of properties with this number, where nothing has changed since guests were told of last.
    pub(crate) fn repeat_guest_answer(&mut self, number: u32, now_ms: u64, context: &mut RunContext) {
        if self.readiness_reads.answered(number, now_ms) {
            for place in self.unready.clone() {
                let asked = self.vms.get(place).filter(|watched| watched.readiness.is_asked());
                if let Some(shown) = asked.map(|watched| watched.history.guest.shown()) {
                    self.take_answer(place, shown, now_ms, context);
                }
            }
        }
        self.end_by_part(now_ms, context);
        self.read_guest_info(now_ms, context);
    }

    /// Asks for the properties of those that succeeded and are not ready, when that is due (D19).
    fn read_guest_info(&mut self, now_ms: u64, context: &mut RunContext) {
        if context.ended_at_ms.is_some() || self.unready.is_empty() || !self.readiness_reads.is_due(now_ms) {
            return;
        }
        let mut vms = Vec::new();
        for place in &self.unready {
            if let Some(watched) = self.vms.get_mut(*place) {
                watched.readiness.ask();
                vms.push(context.vm(*place).to_owned());
            }
        }
        let number = self.readiness_reads.ask(now_ms);
        context.ask(Output::ReadGuestInfo(GuestInfoQuery { number, vms }));
    }

    pub(crate) fn handle_read_failed(&mut self, failure: ReadFailure, now_ms: u64, context: &mut RunContext) {
        // Where it is the error of each row, they have it together.
        let of_one = failure.vm.as_ref().map_or(self.vms.len(), |_| 1);
        let max_bytes = MAX_TEXT_BYTES / of_one.max(1);
        let error = ReadError::of(failure.kind, failure.message.as_deref(), max_bytes);
        match (failure.kind, failure.vm) {
            (ReadFailureKind::NotAuthenticated, _) => {
                context.read_failed(&error, now_ms);
                if let Some(request) = self.reads.lost_session(now_ms) {
                    self.request(request, now_ms, context);
                }
            }
            (ReadFailureKind::Transient, _) => self.read_failed(&error, now_ms, context),
            (
                ReadFailureKind::NoPermission | ReadFailureKind::NotFound | ReadFailureKind::Fatal,
                Some(vm),
            ) => self.drop_vm(&vm, &error, now_ms, context),
            (ReadFailureKind::NoPermission | ReadFailureKind::NotFound | ReadFailureKind::Fatal, None) => {
                context.read_failed(&error, now_ms);
                self.end_fatally(error, now_ms, context);
            }
        }
    }

    pub(crate) fn handle_logged_in(&mut self, now_ms: u64, context: &mut RunContext) {
        if let Some(request) = self.reads.logged_in() {
            self.request(request, now_ms, context);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now_ms: u64, context: &mut RunContext) {
        if let Some(end_ms) = self
            .deadline
            .last_read_ends_ms()
            .filter(|end_ms| now_ms >= *end_ms)
        {
            self.end(Conclusion::TimedOut, end_ms, context);
            return;
        }
        let request = if self.deadline.is_due(now_ms) {
            self.deadline.ask_last_read(now_ms);
            if !self.vms.iter().any(WatchedVm::is_readable) {
                self.end(Conclusion::TimedOut, now_ms, context);
                return;
            }
            self.readiness_reads.want_last();
            self.reads.last_read()
        } else {
            self.reads.due(now_ms)
        };
        if let Some(request) = request {
            self.request(request, now_ms, context);
        }
        self.read_guest_info(now_ms, context);
        self.emit_due_hints(now_ms, context);
    }

    pub(crate) fn cancel(&mut self, now_ms: u64, context: &mut RunContext) {
        self.end(Conclusion::Cancelled, now_ms, context);
    }

    /// Ends the run if the time of the last read was over before `now_ms`.
    pub(crate) fn end_if_overdue(&mut self, now_ms: u64, context: &mut RunContext) {
        if let Some(end_ms) = self
            .deadline
            .last_read_ends_ms()
            .filter(|end_ms| now_ms > *end_ms)
        {
            self.end(Conclusion::TimedOut, end_ms, context);
        }
    }

    pub(crate) fn next_due(&self, context: &RunContext) -> Option<Due> {
        let silence = self
            .silence_due_ms(context)
            .map(|at_ms| (at_ms, DeadlineReason::Stuck));
        earliest([silence, self.due_beside_reads(), self.reads.next_due()])
    }

    /// What falls due whether reads are answered or not.
    fn due_beside_reads(&self) -> Option<Due> {
        let stuck = self.stuck.get().map(|at_ms| (at_ms, DeadlineReason::Stuck));
        let guest_info =
            (!self.unready.is_empty()).then(|| (self.readiness_reads.due_ms(), DeadlineReason::GuestInfo));
        earliest([stuck, self.deadline.next_due(), guest_info])
    }

    /// When the hints that were emitted become another, if no read is complete before.
    fn silence_due_ms(&self, context: &RunContext) -> Option<u64> {
        let last_ms = context
            .reading
            .last_read_at_ms
            .filter(|_| !self.is_silent && !self.hinted.is_empty())?;
        Some(last_ms.saturating_add(self.unread_after_ms()).saturating_add(1))
    }

    fn unread_after_ms(&self) -> u64 {
        unread_after_ms(self.options.poll_interval_ms())
    }

    /// Whether there was no complete read for so long that nothing can be said of a guest.
    fn is_unread(&self, now_ms: u64, context: &RunContext) -> bool {
        context
            .reading
            .last_read_at_ms
            .is_none_or(|last_ms| now_ms.saturating_sub(last_ms) > self.unread_after_ms())
    }

    fn hint(&self, watched: &WatchedVm, now_ms: u64, context: &RunContext) -> Option<Hint> {
        watched.hint(&self.window, self.observed, self.is_unread(now_ms, context))
    }

    /// A read of properties that is not answered changes nothing.
    pub(crate) fn skip_unanswered_reads(&mut self, end_ms: u64) {
        self.readiness_reads.put_off(end_ms);
    }

    /// A complete observation without news changes nothing else, but the first one of a VM. Where each read of properties
    /// is answered as the one before it, none changes anything until a guest can have settled.
    pub(crate) fn skip_empty_reads(&mut self, end_ms: u64, context: &mut RunContext) {
        let settle_ms = self.options.settle_ms();
        let settled_ms = self
            .unready
            .iter()
            .filter_map(|place| self.vms.get(*place)?.readiness.settles_ms(settle_ms));
        let deadline_ms = self.deadline.next_due().map(|(at_ms, _)| at_ms);
        let next_ms = settled_ms.chain(deadline_ms).min().unwrap_or(u64::MAX);
        self.readiness_reads.put_off(end_ms.min(next_ms));
        let mut readable = self.vms.iter().filter(|watched| watched.is_readable()).peekable();
        // Without a VM to read there is no read that could be left out.
        if readable.peek().is_some() && readable.all(|watched| watched.is_observed(self.observed)) {
            let other_ms = self.due_beside_reads().map_or(u64::MAX, |(at_ms, _)| at_ms);
            let last = self
                .reads
                .put_off(end_ms.min(other_ms), self.options.poll_interval_ms());
            if let Some(last_ms) = last {
                context.read_completed(last_ms);
            }
        }
    }

    pub(crate) fn row(&self, place: usize, now_ms: u64, context: &RunContext) -> Option<VmReport> {
        let watched = self.vms.get(place)?;
        let attempt = watched.known.attempt.as_ref();
        let conclusion = watched.conclusion;
        let now_ms = context.ended_at_ms.map_or(now_ms, |end_ms| end_ms.min(now_ms));
        let has_hint = conclusion.is_some() || now_ms >= self.stuck_at_ms(watched);
        let hint = has_hint.then(|| self.hint(watched, now_ms, context)).flatten();
        let is_unobservable = conclusion == Some(Conclusion::Unobservable);
        let own_error = watched.access_error.unobservable();
        let error = own_error
            .or(self.fatal_error.as_ref())
            .filter(|_| is_unobservable);
        Some(VmReport {
            vm: context.vm(place).to_owned(),
            name: context.name(place, watched.history.name()),
            customization_status: watched.known.status,
            conclusion,
            details: Some(RowDetails {
                attempt: attempt.map_or(0, |attempt| attempt.begin.number),
                powered_on_at: attempt.and_then(|attempt| attempt.powered_on_at),
                started_at: attempt.and_then(|attempt| attempt.started_at),
                finished_at: attempt.and_then(|attempt| attempt.finished_at),
                ready_at: watched.readiness.ready_at(),
                failure: failure(&watched.history, &watched.known),
                hint,
                window_opens_at: (hint == Some(Hint::PoweredOnEarlier))
                    .then(|| watched.window(&self.window).opens),
                revised: watched.revised,
                guest_info_disagrees: attempt.is_some_and(|attempt| attempt.guest_info_disagrees),
                error: error.cloned(),
            }),
        })
    }

    /// Emits what changed for one VM.
    fn refresh(&mut self, place: usize, now_ms: u64, context: &mut RunContext) {
        let Some(watched) = self.vms.get_mut(place) else {
            return;
        };
        watched.known = assess(&watched.history, &watched.window(&self.window));
        for step in steps(watched.last_emitted, &watched.known) {
            context.emit(Output::Transition(Transition {
                n: context.next_transition(),
                vm: context.vm(place).to_owned(),
                name: context.name(place, watched.history.name()),
                from: watched.last_emitted.status,
                to: step.to,
                at_ms: now_ms,
                event_key: step.cause.event_key,
                attempt: step.attempt,
                inferred: step.cause.inferred,
            }));
            watched.last_emitted = LastEmitted {
                status: step.to,
                attempt: step.attempt,
                at_ms: now_ms,
            };
            watched.emitted_hint = None;
        }
        watched.note_result();
        if self.options.ready.is_some() && watched.readiness.follow(&watched.known) {
            self.readiness_reads.want();
        }
        self.conclude(place, now_ms, context);
    }

    /// Brings the conclusion of one VM up to date, and emits it.
    fn conclude(&mut self, place: usize, now_ms: u64, context: &mut RunContext) {
        let Some(watched) = self.vms.get_mut(place) else {
            return;
        };
        let before = watched.conclusion;
        let was_read = watched.is_readable();
        let after = watched.conclude(self.observed, &self.options);
        watched.conclusion = after;
        if !was_read && watched.is_readable() {
            // Reads left it out: what they brought says nothing of it.
            let window = watched.window(&self.window);
            watched.added = Some(Added::now(&window));
            self.any_unobserved = true;
        }
        if watched.awaits_ready_guest(&self.options) {
            self.unready.insert(place);
        } else {
            self.unready.remove(&place);
        }
        self.follow_hint(place, now_ms, context);
        if before == after {
            return;
        }
        self.open = match (before, after) {
            (None, Some(_)) => self.open.saturating_sub(1),
            (Some(_), None) => self.open.saturating_add(1),
            (None, None) | (Some(_), Some(_)) => self.open,
        };
        if after.is_some() {
            context.emit_conclusion(self.row(place, now_ms, context));
        }
    }

    /// A read or a log-in failed in a way that may pass.
    fn read_failed(&mut self, error: &ReadError, now_ms: u64, context: &mut RunContext) {
        context.read_failed(error, now_ms);
        self.reads.failed(now_ms);
    }

    /// D13: the host cannot read one VM; the others are read on at once.
    fn drop_vm(&mut self, vm: &str, error: &ReadError, now_ms: u64, context: &mut RunContext) {
        let place = context.place_of(vm);
        let watched = place.and_then(|place| self.vms.get_mut(place));
        let (Some(place), Some(watched)) = (place, watched) else {
            // Reading on at once would meet the same refusal for ever.
            context.ignored.add(IgnoreReason::OtherVm);
            self.read_failed(error, now_ms, context);
            return;
        };
        if !watched.access_error.add(error, &mut context.texts) {
            self.read_failed(error, now_ms, context);
            return;
        }
        self.conclude(place, now_ms, context);
        self.end_by_part(now_ms, context);
        if context.ended_at_ms.is_none() {
            let request = self.reads.read(ReadReason::VmDropped);
            self.request(request, now_ms, context);
        }
    }

    fn end_fatally(&mut self, error: ReadError, now_ms: u64, context: &mut RunContext) {
        self.fatal_error = Some(error);
        self.end(Conclusion::Unobservable, now_ms, context);
    }

    /// D11: the run ends the moment the last VM is concluded, but a `reopen` run.
    fn end_if_concluded(&mut self, now_ms: u64, context: &mut RunContext) {
        let goes_on = match self.options.attempts {
            Attempts::Reopen => true,
            Attempts::Follow | Attempts::First => false,
        };
        if self.open == 0 && !goes_on {
            context.end(now_ms);
        } else if self.deadline.last_read_asked_ms().is_some() && !self.vms.iter().any(WatchedVm::is_readable)
        {
            self.end(Conclusion::TimedOut, now_ms, context);
        }
    }

    /// Ends the run; what is open is concluded so.
    fn end(&mut self, open_vms: Conclusion, at_ms: u64, context: &mut RunContext) {
        for place in 0..self.vms.len() {
            if let Some(watched) = self.vms.get_mut(place) {
                watched.concluded_by_end = Some(open_vms);
            }
            self.conclude(place, at_ms, context);
        }
        context.end(at_ms);
    }

    /// Passes a request of the read schedule on to the host.
    fn request(&mut self, request: Request, now_ms: u64, context: &mut RunContext) {
        let reason = match request {
            Request::LogIn => {
                context.emit(Output::LogIn);
                return;
            }
            Request::Read(reason) => reason,
        };
        let mut vms: Vec<String> = Vec::new();
        let mut since: Option<ServerTime> = None;
        for (place, watched) in self.vms.iter_mut().enumerate() {
            if !watched.is_readable() {
                continue;
            }
            vms.push(context.vm(place).to_owned());
            let window = watched.window(&self.window).opens;
            let own = self.reads.since(window, watched.is_observed(self.observed));
            since = Some(since.map_or(own, |since| since.min(own)));
            // Where a VM drops out, the rest of the answer that told so may be what completes the read.
            if let Some(added) = watched.added.as_mut().filter(|_| reason != ReadReason::VmDropped) {
                added.asked = true;
            }
        }
        let Some(since) = since else {
            self.reads.pause();
            return;
        };
        let timeout_ms = self
            .deadline
            .last_read_ends_ms()
            .map(|end_ms| end_ms.saturating_sub(now_ms));
        self.reads.asked(reason, context.server_clock.latest_at(now_ms));
        context.ask_read(vms, since, reason, timeout_ms);
    }

    fn stuck_at_ms(&self, watched: &WatchedVm) -> u64 {
        watched
            .last_emitted
            .at_ms
            .saturating_add(self.options.stuck_after_ms())
    }

    /// Notes when the first hint of one VM is due; another one is emitted at once.
    fn follow_hint(&mut self, place: usize, now_ms: u64, context: &mut RunContext) {
        let open = self.vms.get(place).filter(|watched| watched.conclusion.is_none());
        let is_emitted = open.is_some_and(|watched| watched.emitted_hint.is_some());
        let due_ms = open
            .filter(|_| !is_emitted)
            .map(|watched| self.stuck_at_ms(watched));
        self.stuck.set(place, due_ms);
        if is_emitted {
            self.emit_hint(place, now_ms, context);
        } else {
            self.hinted.remove(&place);
        }
    }

    fn emit_due_hints(&mut self, now_ms: u64, context: &mut RunContext) {
        let mut places = self.stuck.due(now_ms);
        if !self.is_silent && self.is_unread(now_ms, context) {
            self.is_silent = true;
            places.extend(&self.hinted);
        }
        for place in places {
            self.emit_hint(place, now_ms, context);
        }
    }

    /// Emits the hint of one VM that is waited for, if it is another than the one before.
    fn emit_hint(&mut self, place: usize, now_ms: u64, context: &mut RunContext) {
        let hint = self
            .vms
            .get(place)
            .and_then(|watched| self.hint(watched, now_ms, context));
        let (Some(watched), Some(hint)) = (self.vms.get_mut(place), hint) else {
            return;
        };
        self.stuck.set(place, None);
        self.hinted.insert(place);
        if watched.emitted_hint.replace(hint) != Some(hint) {
            context.emit(Output::Stuck {
                vm: context.vm(place).to_owned(),
                hint,
            });
        }
    }
}
