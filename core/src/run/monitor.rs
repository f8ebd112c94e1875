//! The monitor: inputs in, outputs out, and a deadline to sleep until.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::guest_info::GuestInfo;
use crate::model::options::{Options, OptionsError, Rules, VmRef, MAX_VMS};
use crate::model::protocol::{Completeness, Deadline, EventPage, Ingested, Output, ReadFailure};
use crate::model::report::{IgnoreReason, IgnoredCounts, Reading, Report, VmReport};
use crate::model::text::MAX_STRING_BYTES;
use crate::model::time::{HostTime, ServerTime};
use crate::rules::time_window::TimeWindow;
use crate::run::context::{RunClock, RunContext};
use crate::run::default_run::{DefaultRun, GuestRead};
use crate::run::published_run::PublishedRun;
use crate::wire::{self, Decoded, WireError};

/// Watches the customization of the VMs of one vCenter.
///
/// **Feed an input, drain the outputs, then sleep until the deadline it names.**
///
/// There are three kinds of methods. `handle_*` and [`cancel`](Self::cancel) are inputs: they
/// take the host time last, never fail on odd remote data, and clamp a time that goes backwards.
/// `poll_*` give what the host is to do. The others only look.
/// `examples/watch.rs` has a host's whole loop.
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
    pub(crate) context: RunContext,
    pub(crate) run: Run,
}

/// The rules at work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::large_enum_variant, reason = "a monitor has one")]
pub(crate) enum Run {
    Default(DefaultRun),
    Published(PublishedRun),
}

impl Run {
    pub(crate) fn rules(&self) -> Rules {
        match self {
            Self::Default(_) => Rules::Default,
            Self::Published(_) => Rules::Published,
        }
    }

    pub(crate) fn vm_count(&self) -> usize {
        match self {
            Self::Default(run) => run.vm_count(),
            Self::Published(run) => run.vm_count(),
        }
    }

    /// The place of the first VM with a state that it has in no run at `now_ms`, over or not.
    pub(crate) fn contradiction(&self, now_ms: u64, is_over: bool) -> Option<usize> {
        match self {
            Self::Default(run) => run.contradiction(now_ms, is_over),
            Self::Published(run) => run.contradiction(is_over),
        }
    }

    /// How many bytes of text it keeps of the VMs.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Default(run) => run.text_bytes(),
            Self::Published(run) => run.text_bytes(),
        }
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
        let mut context = RunContext::new(vms, server_now);
        context.count_refused_texts();
        let run = match options.rules {
            Rules::Default => Run::Default(DefaultRun::start(&options, &mut context)),
            Rules::Published => Run::Published(PublishedRun::start(options.timeout_ms(), context.vms.len())),
        };
        Ok(Self {
            options,
            clock: RunClock::new(now, 0),
            context,
            run,
        })
    }

    /// Goes on after a restore: with what a snapshot leaves out, and with what was asked for and not answered.
    pub(crate) fn resume(&mut self) {
        let now_ms = self.clock.now_ms();
        self.context.texts.replace(0, self.run.text_bytes());
        match &mut self.run {
            Run::Default(run) => run.resume(&self.options, now_ms, &mut self.context),
            Run::Published(run) => run.resume(&self.options, &mut self.context),
        }
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
        if let (Some(now_ms), Run::Default(run)) = (self.open_at(now), &mut self.run) {
            let window = TimeWindow::of(&self.options, server_now);
            run.set_vms(vms, &window, now_ms, &mut self.context);
            self.context.count_refused_texts();
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
    /// `CloudEvents`. One whose last line is cut off completes nothing: it is fed, and the read has
    /// failed.
    ///
    /// # Errors
    ///
    /// When the document cannot be read or is no observation. The monitor is then as it was; report
    /// [that failed read](WireError::read_failure) instead.
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
            self.context.ignored.add_all(&ingested.ignored);
        }
        let is_broken_off = decoded.is_cut_off && completeness == Completeness::Complete;
        let page = EventPage {
            events: decoded.events,
            completeness: if is_broken_off {
                Completeness::Partial
            } else {
                completeness
            },
        };
        self.ingest(page, &mut ingested, now);
        if is_broken_off {
            self.handle_read_failed(ReadFailure::cut_off(), now);
        }
        ingested.failure = decoded.is_cut_off.then(ReadFailure::cut_off);
        ingested
    }

    fn ingest(&mut self, page: EventPage, ingested: &mut Ingested, now: HostTime) {
        let Some(now_ms) = self.open_at(now) else {
            ingested
                .ignored
                .add_times(IgnoreReason::AfterEnd, count(&page.events));
            if let (Run::Default(run), Completeness::Complete) = (&mut self.run, page.completeness) {
                run.complete_after_end(self.clock.now_ms(), &mut self.context);
            }
            return;
        };
        let mut ignored = IgnoredCounts::default();
        ingested.accepted = match &mut self.run {
            Run::Default(run) => run.handle_events(page, &mut ignored, now_ms, &mut self.context),
            Run::Published(run) => run.handle_events(page, &mut ignored, now_ms, &mut self.context),
        };
        ignored.add_times(IgnoreReason::NoRoomForText, self.context.texts.take_refused());
        self.context.ignored.add_all(&ignored);
        ingested.ignored.add_all(&ignored);
    }

    /// Feeds what the VMs' own properties say (rules D17 and D18). What was read at once is fed at once: the end comes after
    /// all of it. What it says of readiness is ignored: that counts in [answers](Self::handle_guest_answer).
    pub fn handle_guest_info(&mut self, infos: Vec<GuestInfo>, now: HostTime) {
        self.feed_guest_infos(infos, GuestRead::Unasked, now);
    }

    /// Feeds guest info of a recording, where what it says of readiness counts for whichever read it answered (rule D19).
    pub fn handle_recorded_guest_info(&mut self, infos: Vec<GuestInfo>, now: HostTime) {
        self.feed_guest_infos(infos, GuestRead::Recorded, now);
    }

    /// Answers [`Output::ReadGuestInfo`] with that number (rule D19). VMs of which nothing is known may be left out. Where
    /// another read is open by now, it is guest info like any other. A read that fails is not answered.
    pub fn handle_guest_answer(&mut self, number: u32, infos: Vec<GuestInfo>, now: HostTime) {
        self.feed_guest_infos(infos, GuestRead::Asked(number), now);
    }

    fn feed_guest_infos(&mut self, infos: Vec<GuestInfo>, read: GuestRead, now: HostTime) {
        let Some(now_ms) = self.open_at(now) else {
            return;
        };
        match &mut self.run {
            Run::Default(run) => run.handle_guest_info(infos, read, now_ms, &mut self.context),
            Run::Published(_) => {
                let ignored = &mut self.context.ignored;
                ignored.add_times(IgnoreReason::NotInRules, count(&infos));
            }
        }
        self.context.count_refused_texts();
    }

    /// Tells that the read failed, as a whole or for one VM (rule D13).
    pub fn handle_read_failed(&mut self, failure: ReadFailure, now: HostTime) {
        let Some(now_ms) = self.open_at(now) else {
            return;
        };
        match &mut self.run {
            Run::Default(run) => run.handle_read_failed(failure, now_ms, &mut self.context),
            Run::Published(run) => run.handle_read_failed(&failure, now_ms, &mut self.context),
        }
        self.context.count_refused_texts();
    }

    /// Tells that the log-in asked for was done.
    pub fn handle_logged_in(&mut self, now: HostTime) {
        let Some(now_ms) = self.open_at(now) else {
            return;
        };
        match &mut self.run {
            Run::Default(run) => run.handle_logged_in(now_ms, &mut self.context),
            // The next pass reads anyway.
            Run::Published(_) => {}
        }
    }

    /// Tells that time has passed. Early and repeated calls are harmless.
    pub fn handle_timeout(&mut self, now: HostTime) {
        let Some(now_ms) = self.open_at(now) else {
            return;
        };
        match &mut self.run {
            Run::Default(run) => run.handle_timeout(now_ms, &mut self.context),
            Run::Published(run) => run.handle_timeout(now_ms, &mut self.context),
        }
    }

    /// Ends the run at once; every VM keeps its row.
    pub fn cancel(&mut self, now: HostTime) {
        let Some(now_ms) = self.open_at(now) else {
            return;
        };
        match &mut self.run {
            Run::Default(run) => run.cancel(now_ms, &mut self.context),
            Run::Published(run) => run.cancel(now_ms, &mut self.context),
        }
    }

    /// The next thing to tell or to do; `None` when all is drained.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.context.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next; `None` when nothing waits for
    /// the clock, as after the end of the run.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Deadline> {
        if self.context.ended_at_ms.is_some() {
            return None;
        }
        let (at_ms, reason) = match &self.run {
            Run::Default(run) => run.next_due(&self.context),
            Run::Published(run) => run.next_due(),
        }?;
        Some(Deadline {
            at: self.clock.host_time(at_ms),
            reason,
        })
    }

    /// For a player whose source answers at once and has nothing new before `end`: puts the next
    /// read off to the first one, of those that follow each other from now on, that comes no
    /// earlier than `end` or than whatever else falls due. Those left out change nothing but when the
    /// last read was.
    pub(crate) fn skip_empty_reads(&mut self, end: HostTime) {
        let end_ms = self.clock.run_ms(end);
        match &mut self.run {
            Run::Default(run) => run.skip_empty_reads(end_ms, &mut self.context),
            Run::Published(run) => run.skip_empty_passes(end_ms, &mut self.context),
        }
    }

    /// For a player whose guests are as they were told of last: answers the read of properties with that number.
    pub(crate) fn repeat_guest_answer(&mut self, number: u32, now: HostTime) {
        let now_ms = self.clock.advance(now);
        if let Run::Default(run) = &mut self.run {
            run.repeat_guest_answer(number, now_ms, &mut self.context);
        }
    }

    /// For a player whose source answers nothing before `end`.
    pub(crate) fn skip_unanswered_reads(&mut self, end: HostTime) {
        let end_ms = self.clock.run_ms(end);
        match &mut self.run {
            Run::Default(run) => run.skip_unanswered_reads(end_ms),
            // Its passes wait for their answer.
            Run::Published(_) => {}
        }
    }

    /// Whether the run is over: what comes in then changes nothing, and there is no deadline any more.
    ///
    /// Outputs may still wait: the transitions and conclusions that ended it. Drain
    /// [`poll_output`](Self::poll_output) until `None`, then leave the loop.
    pub fn is_ended(&self) -> bool {
        self.context.ended_at_ms.is_some()
    }

    /// What the report says of the reading, where that has changed since this was last called: to be
    /// told as it happens.
    pub fn poll_reading(&mut self) -> Option<Reading> {
        self.context.take_reading()
    }

    /// Everything there is to tell, as of the last input.
    pub fn report(&self) -> Report {
        Report {
            ended_at_ms: self.context.ended_at_ms,
            vms: self.rows(),
            transitions: self.context.transitions.iter().cloned().collect(),
            transitions_dropped: self.context.transitions_dropped,
            ignored: self.context.ignored.clone(),
            reading: self.context.reading.clone(),
        }
    }

    /// The row of each VM, in the order asked for, as of the last input.
    pub fn rows(&self) -> Vec<VmReport> {
        (0..self.context.vms.len())
            .filter_map(|place| self.row_at(place))
            .collect()
    }

    /// The row of the VM with this managed object reference value; `None` when it is not watched.
    pub fn row(&self, vm: &str) -> Option<VmReport> {
        self.row_at(self.context.place_of(vm)?)
    }

    fn row_at(&self, place: usize) -> Option<VmReport> {
        match &self.run {
            Run::Default(run) => run.row(place, self.clock.now_ms(), &self.context),
            Run::Published(run) => run.row(place, &self.context),
        }
    }

    /// The milliseconds of the run at an input that still counts. The end of the last read comes first when it lies
    /// strictly before the input (D10).
    fn open_at(&mut self, now: HostTime) -> Option<u64> {
        let now_ms = self.clock.advance(now);
        if let (None, Run::Default(run)) = (self.context.ended_at_ms, &mut self.run) {
            run.end_if_overdue(now_ms, &mut self.context);
        }
        (!self.is_ended()).then_some(now_ms)
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

/// Whether these VMs can take the place of others in a run with these options.
pub(crate) fn check_vms(vms: &[VmRef], options: &Options) -> Result<(), OptionsError> {
    match options.rules {
        Rules::Default => check(vms, options),
        Rules::Published => Err(OptionsError::FixedVms),
    }
}

/// Whether a run can be set up so.
pub(crate) fn check(vms: &[VmRef], options: &Options) -> Result<(), OptionsError> {
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
    if options.poll_interval_ms() == 0 {
        return Err(OptionsError::ZeroPollInterval);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    use crate::model::event::{Event, FailureDetails};
    use crate::model::options::Attempts;
    use crate::model::protocol::TimeDown;
    use crate::model::report::ReadFailureKind;
    use crate::model::status::{Conclusion, Hint};
    use crate::model::text::TextBudget;

    /// Small numbers that look like chance.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }

        fn text(&mut self) -> Option<String> {
            let bytes = self.below(9);
            (bytes > 0).then(|| "x".repeat(usize::try_from(bytes).unwrap()))
        }
    }

    const TYPES: [&str; 5] = [
        "VmStartingEvent",
        "CustomizationStartedEvent",
        "CustomizationFailed",
        "CustomizationFailedInTheFuture",
        "CustomizationSucceeded",
    ];

    fn event(numbers: &mut Numbers) -> Event {
        let vm = format!("vm-{}", numbers.below(4));
        let key = i32::try_from(numbers.below(40)).unwrap();
        let time = ServerTime::from_unix_ms(i64::try_from(numbers.below(50_000)).unwrap());
        let type_name = TYPES[usize::try_from(numbers.below(5)).unwrap()];
        let details = FailureDetails {
            reason: numbers.text(),
            message: numbers.text(),
            ..FailureDetails::default()
        };
        Event::new(&vm, key, time, type_name)
            .unwrap()
            .with_failure(details)
            .with_vm_name(&numbers.text().unwrap_or_default())
    }

    fn vms(numbers: &mut Numbers) -> Vec<VmRef> {
        let count = numbers.below(4);
        (0..count)
            .map(|number| VmRef {
                vm: format!("vm-{number}"),
                name: numbers.text(),
            })
            .collect()
    }

    #[test]
    fn the_bytes_of_all_texts_are_known_after_each_input() {
        let start = ServerTime::from_unix_ms(0);
        let now = HostTime::from_millis(0);
        for (rules, attempts) in [
            (Rules::Default, Attempts::Reopen),
            (Rules::Default, Attempts::Follow),
            (Rules::Published, Attempts::Follow),
        ] {
            let mut numbers = Numbers(attempts as u64);
            let options = Options {
                rules,
                attempts,
                timeout: None,
                wait_for_power_on: true,
                ..Options::default()
            };
            let mut all = vms(&mut numbers);
            all.push(VmRef::new("vm-9"));
            let mut monitor = Monitor::new(all, options, start, now).unwrap();
            monitor.handle_timeout(now);
            for _ in 0..600 {
                match numbers.below(10) {
                    0 => {
                        let mut all = vms(&mut numbers);
                        all.push(VmRef::new("vm-9"));
                        let _ = monitor.set_vms(all, start, now);
                    }
                    1 => {
                        let failure = ReadFailure {
                            kind: ReadFailureKind::NoPermission,
                            vm: Some(format!("vm-{}", numbers.below(4))),
                            message: numbers.text(),
                        };
                        monitor.handle_read_failed(failure, now);
                    }
                    2 => {
                        let info = GuestInfo {
                            customization_status: Some("TOOLSDEPLOYPKG_FAILED".into()),
                            start_time: Some(ServerTime::from_unix_ms(
                                i64::try_from(numbers.below(20)).unwrap(),
                            )),
                            error_msg: numbers.text(),
                            ..GuestInfo::new(format!("vm-{}", numbers.below(4)))
                        };
                        monitor.handle_guest_info([info].into(), now);
                    }
                    _ => {
                        let events = (0..20).map(|_| event(&mut numbers)).collect();
                        let completeness = Completeness::Partial;
                        monitor.handle_events(EventPage { events, completeness }, now);
                    }
                }
                while monitor.poll_output().is_some() {}
                // A restore counts all of it anew.
                let restored = Monitor::restore(monitor.snapshot(), TimeDown::Counts, start, now).unwrap();
                assert_eq!(monitor.context.texts, restored.context.texts);
            }
            assert_ne!(monitor.context.texts, TextBudget::default());
        }
    }

    fn begun(rules: Rules) -> Monitor {
        begun_with(Options {
            rules,
            stuck_after: core::time::Duration::from_secs(20),
            ..Options::default()
        })
    }

    /// A run of `vm-1` from 1970 on, whose first read is asked for.
    fn begun_with(options: Options) -> Monitor {
        let start = ServerTime::from_unix_ms(0);
        let begin = HostTime::from_millis(0);
        let mut monitor = Monitor::new([VmRef::new("vm-1")].into(), options, start, begin).unwrap();
        monitor.handle_timeout(begin);
        asked(&mut monitor);
        monitor
    }

    fn page(types: &[&str]) -> EventPage {
        let event = |(key, type_name): (i32, &&str)| {
            Event::new("vm-1", key, ServerTime::from_unix_ms(i64::from(key)), type_name)
        };
        EventPage {
            events: (1..).zip(types).filter_map(event).collect(),
            completeness: Completeness::Complete,
        }
    }

    /// What of the host is asked for.
    fn asked(monitor: &mut Monitor) -> Vec<Output> {
        let outputs = core::iter::from_fn(|| monitor.poll_output());
        outputs
            .filter(|output| matches!(output, Output::Read(_) | Output::LogIn))
            .collect()
    }

    #[test]
    fn what_comes_in_later_than_5_s_after_the_last_read_was_asked_for_comes_after_the_end() {
        for (late_ms, conclusion) in [(0, Conclusion::Completed), (1, Conclusion::TimedOut)] {
            let mut monitor = begun(Rules::Default);
            monitor.handle_events(page(&["VmStartingEvent"]), HostTime::from_millis(0));
            monitor.handle_timeout(HostTime::from_millis(600_000));
            let result = page(&["VmStartingEvent", "CustomizationSucceeded"]);
            let ingested = monitor.handle_events(result, HostTime::from_millis(605_000 + late_ms));
            assert_eq!(ingested.ignored.count(IgnoreReason::AfterEnd), 2 * late_ms);
            let report = monitor.report();
            assert_eq!(report.ended_at_ms, Some(605_000));
            assert_eq!(
                report.vms.first().and_then(|row| row.conclusion),
                Some(conclusion)
            );
        }
    }

    #[test]
    fn nothing_is_asked_for_after_the_end_whatever_comes_in() {
        for rules in [Rules::Default, Rules::Published] {
            let mut monitor = begun(rules);
            let now = HostTime::from_millis(1);
            monitor.cancel(now);
            assert!(monitor.is_ended());
            let report = monitor.report();
            while monitor.poll_output().is_some() {}
            monitor.handle_timeout(HostTime::from_millis(u64::MAX));
            monitor.handle_logged_in(now);
            monitor.handle_read_failed(ReadFailure::cut_off(), now);
            monitor.handle_guest_info([GuestInfo::new("vm-1")].into(), now);
            monitor.cancel(now);
            assert_eq!(monitor.poll_output(), None);
            assert_eq!(monitor.poll_timeout(), None);
            assert_eq!(monitor.report(), report);
        }
    }

    #[test]
    fn a_pass_without_a_session_asks_for_a_log_in_and_the_next_one_reads_at_its_time() {
        for (kind, asks_for_log_in) in [
            (ReadFailureKind::NotAuthenticated, true),
            (ReadFailureKind::Transient, false),
        ] {
            let mut monitor = begun(Rules::Published);
            monitor.handle_events(page(&["VmStartingEvent"]), HostTime::from_millis(10));
            monitor.handle_timeout(HostTime::from_millis(15_000));
            assert!(matches!(asked(&mut monitor).as_slice(), [Output::Read(_)]));
            monitor.handle_timeout(HostTime::from_millis(15_001));
            assert_eq!(asked(&mut monitor), [], "one is open");
            let failure = ReadFailure {
                kind,
                vm: None,
                message: None,
            };
            monitor.handle_read_failed(failure, HostTime::from_millis(15_010));
            let expected: &[Output] = if asks_for_log_in { &[Output::LogIn] } else { &[] };
            assert_eq!(asked(&mut monitor), expected);
            monitor.handle_logged_in(HostTime::from_millis(15_020));
            monitor.handle_timeout(HostTime::from_millis(29_999));
            assert_eq!(asked(&mut monitor), [], "not before the next pass");
            let due = monitor.poll_timeout().unwrap().at;
            assert_eq!(due, HostTime::from_millis(30_000));
            monitor.handle_timeout(due);
            assert!(matches!(asked(&mut monitor).as_slice(), [Output::Read(_)]));
        }
    }

    #[test]
    fn passes_that_would_take_no_step_are_left_out_up_to_the_end_or_the_deadline() {
        for (end_ms, next_ms, last_ms) in [
            (15_000, 15_000, 10),
            (15_001, 30_000, 15_000),
            (50_000, 60_000, 45_000),
            (1_000_000, 600_000, 585_000),
        ] {
            let mut monitor = begun(Rules::Published);
            monitor.handle_events(page(&["VmStartingEvent"]), HostTime::from_millis(10));
            monitor.skip_empty_reads(HostTime::from_millis(end_ms));
            let due = monitor.poll_timeout().map(|deadline| deadline.at);
            assert_eq!(due, Some(HostTime::from_millis(next_ms)), "{end_ms}");
            assert_eq!(
                monitor.report().reading.last_read_at_ms,
                Some(last_ms),
                "{end_ms}"
            );
        }
    }

    #[test]
    fn a_vm_that_came_during_a_log_in_and_was_refused_is_never_read() {
        let mut monitor = begun(Rules::Default);
        let now = HostTime::from_millis(10);
        let failure = |kind, vm: Option<&str>| ReadFailure {
            kind,
            vm: vm.map(String::from),
            message: None,
        };
        monitor.handle_read_failed(failure(ReadFailureKind::NotAuthenticated, None), now);
        assert_eq!(asked(&mut monitor), [Output::LogIn]);
        let both = [VmRef::new("vm-1"), VmRef::new("vm-2")].into();
        monitor.set_vms(both, ServerTime::from_unix_ms(10), now).unwrap();
        assert_eq!(asked(&mut monitor), [], "it is read after the log-in");
        monitor.handle_read_failed(failure(ReadFailureKind::NoPermission, Some("vm-2")), now);
        assert!(matches!(asked(&mut monitor).as_slice(), [Output::Read(query)] if query.vms == ["vm-1"]));
        monitor.handle_events(page(&["VmStartingEvent"]), now);
        assert_eq!(asked(&mut monitor), [], "not before the next is due");
    }

    #[test]
    fn without_a_vm_to_read_no_read_is_left_out() {
        for (types, last_ms) in [
            (&["VmStartingEvent"][..], 45_010),
            (&["VmStartingEvent", "VmRemovedEvent"], 10),
        ] {
            let mut monitor = begun_with(Options {
                attempts: Attempts::Reopen,
                ..Options::default()
            });
            monitor.handle_events(page(types), HostTime::from_millis(10));
            monitor.skip_empty_reads(HostTime::from_millis(60_000));
            assert_eq!(monitor.report().reading.last_read_at_ms, Some(last_ms));
        }
    }

    #[test]
    fn a_hint_that_was_told_becomes_not_read_60_s_after_the_last_complete_read_and_itself_with_the_next() {
        let mut monitor = begun(Rules::Default);
        let hint_of = |output| match output {
            Output::Stuck { hint, .. } => Some(hint),
            Output::Transition(_)
            | Output::Concluded(_)
            | Output::Read(_)
            | Output::ReadGuestInfo(_)
            | Output::LogIn => None,
        };
        let hints = |monitor: &mut Monitor| -> Vec<Hint> {
            core::iter::from_fn(|| monitor.poll_output())
                .filter_map(hint_of)
                .collect()
        };
        monitor.handle_events(page(&["VmStartingEvent"]), HostTime::from_millis(0));
        for (now_ms, expected) in [
            (19_999, None),
            (20_000, Some(Hint::NotStarted)),
            (60_000, None),
            (60_001, Some(Hint::NotRead)),
        ] {
            if expected.is_some() {
                let due = monitor.poll_timeout().map(|deadline| deadline.at);
                assert_eq!(due, Some(HostTime::from_millis(now_ms)));
            }
            monitor.handle_timeout(HostTime::from_millis(now_ms));
            assert_eq!(hints(&mut monitor), Vec::from_iter(expected), "{now_ms}");
        }
        monitor.handle_events(page(&[]), HostTime::from_millis(61_000));
        assert_eq!(hints(&mut monitor), [Hint::NotStarted]);
    }

    #[test]
    fn vms_are_refused_from_the_first_one_on_that_is_too_many_or_too_long() {
        let many = |count| alloc::vec![VmRef::new("vm-1"); count];
        let long = |bytes| alloc::vec![VmRef::new("vm-1"), VmRef::new("x".repeat(bytes))];
        let refused = |vms: Vec<VmRef>| check(&vms, &Options::default()).err();
        assert_eq!(refused(many(MAX_VMS)), None);
        assert_eq!(
            refused(many(MAX_VMS + 1)),
            Some(OptionsError::TooManyVms(MAX_VMS + 1))
        );
        assert_eq!(refused(long(MAX_STRING_BYTES)), None);
        assert_eq!(refused(long(MAX_STRING_BYTES + 1)), Some(OptionsError::LongVm(1)));
        assert_eq!(refused(long(0)), Some(OptionsError::EmptyVm(1)));
    }

    #[test]
    fn a_document_that_is_cut_off_says_so_and_fails_the_read_it_was_to_complete() {
        let start = ServerTime::from_unix_ms(0);
        let begin = HostTime::from_millis(0);
        let line = r#"{"_typeName":"VmStartingEvent","key":1,"createdTime":"1970-01-01T00:00:01Z","vm":{"vm":{"value":"vm-1"}}}"#;
        let document = format!("{line}\n{}", &line[..30]);
        for completeness in [Completeness::Complete, Completeness::Partial] {
            let vms = [VmRef::new("vm-1")].into();
            let mut monitor = Monitor::new(vms, Options::default(), start, begin).unwrap();
            assert_eq!(monitor.poll_reading(), None, "nothing was read yet");
            let ingested = monitor
                .handle_event_bytes(document.as_bytes(), completeness, begin)
                .unwrap();
            assert_eq!(ingested.accepted, 1);
            assert_eq!(ingested.failure, Some(ReadFailure::cut_off()));
            let failure = monitor.poll_reading().and_then(|reading| reading.failure);
            let expected = (completeness == Completeness::Complete).then_some(ReadFailureKind::Transient);
            assert_eq!(failure.map(|failure| failure.kind), expected);
            assert_eq!(monitor.poll_reading(), None, "it is told once");
            let whole = monitor.handle_event_bytes(line.as_bytes(), Completeness::Complete, begin);
            assert_eq!(whole.unwrap().failure, None);
            assert_eq!(monitor.poll_reading(), Some(monitor.report().reading));
        }
    }
}
