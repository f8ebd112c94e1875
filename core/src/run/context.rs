//! What both rule sets share in a run: its VMs, what was emitted, and its clock.

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::model::event::EVENT_TYPES;
use crate::model::options::VmRef;
use crate::model::protocol::{EventQuery, Output, ReadReason, MAX_PAGE};
use crate::model::report::{IgnoreReason, IgnoredCounts, ReadError, Reading, Transition, VmReport};
use crate::model::text::{bytes_of, TextBudget};
use crate::model::time::{HostTime, ServerTime};
use crate::run::vm_index::VmIndex;

/// Transitions kept for the report: so many per VM watched, within these bounds.
const TRANSITIONS_PER_VM: usize = 64;
const TRANSITIONS_AT_LEAST: usize = 1024;
const TRANSITIONS_AT_MOST: usize = 1_000_000;

/// What both rule sets share: the VMs, and what was emitted.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunContext {
    pub(crate) vms: Vec<VmRef>,
    pub(crate) start: ServerTime,
    pub(crate) server_clock: ServerClock,
    pub(crate) ended_at_ms: Option<u64>,
    pub(crate) transitions: VecDeque<Transition>,
    pub(crate) transitions_dropped: u64,
    pub(crate) ignored: IgnoredCounts,
    pub(crate) reading: Reading,
    /// Whether that has changed since it was last asked for.
    reading_changed: bool,
    pub(crate) outputs: VecDeque<Output>,
    /// What is kept of texts, that of the VMs included.
    pub(crate) texts: TextBudget,
    places: VmIndex,
}

impl RunContext {
    pub(crate) fn new(vms: Vec<VmRef>, start: ServerTime) -> Self {
        let (vms, places) = VmIndex::of(vms);
        let mut context = Self {
            vms,
            start,
            server_clock: ServerClock::new(start, 0),
            places,
            ..Self::default()
        };
        context.keep_names();
        context
    }

    /// Takes other VMs; answers those before, and their places.
    pub(crate) fn set_vms(&mut self, vms: Vec<VmRef>) -> (Vec<VmRef>, VmIndex) {
        let before: usize = self.vms.iter().map(VmRef::text_bytes).sum();
        self.texts.replace(before, 0);
        let (vms, places) = VmIndex::of(vms);
        let vms = core::mem::replace(&mut self.vms, vms);
        let places = core::mem::replace(&mut self.places, places);
        self.keep_names();
        (vms, places)
    }

    /// Keeps the names of the VMs for which there is room.
    fn keep_names(&mut self) {
        for vm in &mut self.vms {
            if self.texts.admits(0, vm.text_bytes()) {
                self.texts.replace(0, vm.text_bytes());
            } else {
                vm.name = None;
            }
        }
    }

    /// A complete read was answered.
    pub(crate) fn read_completed(&mut self, now_ms: u64) {
        self.reading.completed(now_ms);
        self.reading_changed = true;
    }

    /// A read or a log-in failed.
    pub(crate) fn read_failed(&mut self, error: &ReadError, now_ms: u64) {
        self.reading.failed(error, now_ms);
        self.reading_changed = true;
    }

    /// What is said of the reading, where that changed since the last call.
    pub(crate) fn take_reading(&mut self) -> Option<Reading> {
        core::mem::replace(&mut self.reading_changed, false).then(|| self.reading.clone())
    }

    pub(crate) fn place_of(&self, vm: &str) -> Option<usize> {
        self.places.get(&self.vms, vm)
    }

    pub(crate) fn vm(&self, place: usize) -> &str {
        self.vms.get(place).map_or("", |vm| vm.vm.as_str())
    }

    /// The name as given, else as the events have it.
    pub(crate) fn name(&self, place: usize, in_events: Option<&str>) -> Option<String> {
        let given = self.vms.get(place).and_then(|vm| vm.name.as_deref());
        given.or(in_events).map(ToOwned::to_owned)
    }

    /// The number of the next transition in the run.
    pub(crate) fn next_transition(&self) -> u64 {
        let kept = u64::try_from(self.transitions.len()).unwrap_or(u64::MAX);
        self.transitions_dropped.saturating_add(kept)
    }

    /// Takes over the transitions of a snapshot. Their numbers follow from how many are no longer
    /// kept: format 1 has none.
    pub(crate) fn restore_transitions(&mut self, mut transitions: VecDeque<Transition>, dropped: u64) {
        for (n, transition) in (dropped..=u64::MAX).zip(&mut transitions) {
            transition.n = n;
        }
        let names: usize = transitions
            .iter()
            .map(|transition| bytes_of(transition.name.as_deref()))
            .sum();
        self.texts.replace(0, names);
        self.transitions = transitions;
        self.transitions_dropped = dropped;
    }

    pub(crate) fn emit(&mut self, output: Output) {
        if let Output::Transition(transition) = &output {
            self.keep_transition(transition.clone());
        }
        self.outputs.push_back(output);
    }

    pub(crate) fn emit_conclusion(&mut self, row: Option<VmReport>) {
        self.outputs.extend(row.map(|row| Output::Concluded(row.into())));
    }

    fn keep_transition(&mut self, mut transition: Transition) {
        let bytes = bytes_of(transition.name.as_deref());
        if self.texts.admits(0, bytes) {
            self.texts.replace(0, bytes);
        } else {
            transition.name = None;
        }
        self.transitions.push_back(transition);
        let limit = self
            .vms
            .len()
            .saturating_mul(TRANSITIONS_PER_VM)
            .clamp(TRANSITIONS_AT_LEAST, TRANSITIONS_AT_MOST);
        while self.transitions.len() > limit {
            let oldest = self.transitions.pop_front().and_then(|oldest| oldest.name);
            self.texts.replace(bytes_of(oldest.as_deref()), 0);
            self.transitions_dropped = self.transitions_dropped.saturating_add(1);
        }
    }

    /// Counts what there was no room for.
    pub(crate) fn count_refused_texts(&mut self) {
        let refused = self.texts.take_refused();
        self.ignored.add_times(IgnoreReason::NoRoomForText, refused);
    }

    /// Asks the host for something. What was asked for in the same way and not yet drained is replaced.
    pub(crate) fn ask(&mut self, output: Output) {
        let kind = core::mem::discriminant(&output);
        self.outputs.retain(|open| core::mem::discriminant(open) != kind);
        self.outputs.push_back(output);
    }

    /// Asks for a read of events.
    pub(crate) fn ask_read(
        &mut self,
        vms: Vec<String>,
        since: ServerTime,
        reason: ReadReason,
        timeout_ms: Option<u64>,
    ) {
        self.ask(Output::Read(EventQuery {
            vms,
            since,
            types: &EVENT_TYPES,
            max_count: MAX_PAGE,
            reason,
            timeout: timeout_ms.map(Duration::from_millis),
        }));
    }

    /// The run is over: nothing is asked of the host any more.
    pub(crate) fn end(&mut self, at_ms: u64) {
        self.ended_at_ms = Some(at_ms);
        self.outputs
            .retain(|output| !matches!(output, Output::Read(_) | Output::ReadGuestInfo(_) | Output::LogIn));
    }
}

/// What vCenter's clock shows at most, told from the host's: a bound and nothing else (D14), since
/// the two clocks differ.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ServerClock {
    /// A server time that the host gave, and the milliseconds of the run that had passed then.
    anchor: (ServerTime, u64),
}

impl ServerClock {
    pub(crate) fn new(server_now: ServerTime, run_ms: u64) -> Self {
        Self {
            anchor: (server_now, run_ms),
        }
    }

    pub(crate) fn latest_at(self, run_ms: u64) -> ServerTime {
        let (server, elapsed) = self.anchor;
        server.plus_ms(run_ms.saturating_sub(elapsed))
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

    pub(crate) fn advance(&mut self, now: HostTime) -> u64 {
        self.now_ms = self.now_ms.max(self.run_ms(now));
        self.now_ms
    }

    pub(crate) fn run_ms(&self, time: HostTime) -> u64 {
        let (host, elapsed) = self.anchor;
        elapsed.saturating_add(time.as_millis().saturating_sub(host))
    }

    pub(crate) fn host_time(&self, run_ms: u64) -> HostTime {
        let (host, elapsed) = self.anchor;
        HostTime::from_millis(host.saturating_add(run_ms.saturating_sub(elapsed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    use crate::model::status::CustomizationStatus;
    use crate::model::text::MAX_TEXT_BYTES;

    fn named(vm: &str, name: &str) -> VmRef {
        VmRef::new(vm).with_name(name)
    }

    fn transition(context: &RunContext, name: &str) -> Output {
        Output::Transition(Transition {
            n: context.next_transition(),
            vm: "vm-1".into(),
            name: Some(name.into()),
            from: CustomizationStatus::VmNotStarted,
            to: CustomizationStatus::CustomizationNotStarted,
            at_ms: 0,
            event_key: None,
            attempt: 1,
            inferred: false,
        })
    }

    #[test]
    fn a_name_for_which_there_is_no_room_is_left_out_and_counted_and_that_of_a_vm_that_goes_makes_room() {
        let mut context = RunContext::new([named("vm-1", "1234")].into(), ServerTime::default());
        context.texts.replace(0, MAX_TEXT_BYTES - 4 - 6);
        context.set_vms(
            [
                named("vm-2", "12345"),
                named("vm-3", "123456"),
                named("vm-4", "12345"),
            ]
            .into(),
        );
        let names = [0, 1, 2].map(|place| context.name(place, None));
        assert_eq!(names, [Some("12345".into()), None, Some("12345".into())]);
        context.emit(transition(&context, "1"));
        assert_eq!(
            context.transitions.back().and_then(|kept| kept.name.as_deref()),
            None
        );
        context.count_refused_texts();
        assert_eq!(context.ignored.count(IgnoreReason::NoRoomForText), 2);
        context.count_refused_texts();
        assert_eq!(context.ignored.count(IgnoreReason::NoRoomForText), 2, "each once");
    }

    #[test]
    fn of_one_vm_1024_transitions_are_kept_and_the_numbers_and_the_room_of_the_others_go_on() {
        let mut context = RunContext::new([VmRef::new("vm-1")].into(), ServerTime::default());
        for number in 0..1024 + 3 {
            assert_eq!(context.next_transition(), number);
            context.emit(transition(&context, &format!("{number:04}")));
        }
        assert_eq!(
            (context.transitions.len(), context.transitions_dropped),
            (1024, 3)
        );
        assert_eq!(context.transitions.front().map(|kept| kept.n), Some(3));
        assert_eq!(context.outputs.len(), 1027, "each is told");
        let mut texts = TextBudget::default();
        texts.replace(0, 1024 * 4);
        assert_eq!(context.texts, texts);
    }
}
