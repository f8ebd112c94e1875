//! A run under the published rules: passes at 0, 15, 30 … s (P3), each after a read.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::options::Options;
use crate::model::protocol::{Completeness, DeadlineReason, EventPage, Output, ReadFailure, ReadReason};
use crate::model::report::{IgnoreReason, IgnoredCounts, ReadError, ReadFailureKind, Transition, VmReport};
use crate::model::status::{Conclusion, CustomizationStatus};
use crate::model::text::MAX_STRING_BYTES;
use crate::rules::published::{Script, ScriptStep, LOOKBACK_MS, PASS_INTERVAL_MS};
use crate::run::context::RunContext;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishedRun {
    #[serde(skip)]
    timeout_ms: Option<u64>,
    scripts: Vec<Script>,
    next_pass_ms: u64,
    /// Whether the read of a pass is under way: the pass follows its answer.
    reading: bool,
    /// Whether P1 has been done.
    pinned: bool,
    /// What the end of the run made of VMs that were open.
    concluded_by_end: Option<Conclusion>,
}

impl PublishedRun {
    pub(crate) fn start(timeout_ms: Option<u64>, vms: usize) -> Self {
        Self {
            timeout_ms,
            scripts: alloc::vec![Script::default(); vms],
            next_pass_ms: 0,
            reading: false,
            pinned: false,
            concluded_by_end: None,
        }
    }

    pub(crate) fn vm_count(&self) -> usize {
        self.scripts.len()
    }

    pub(crate) fn contradiction(&self, is_over: bool) -> Option<usize> {
        let by_end = self.concluded_by_end;
        let can_be = by_end.is_none_or(|by_end| is_over && by_end.is_by_end());
        // It is that of each VM.
        (!can_be).then_some(0)
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.scripts.iter().map(Script::text_bytes).sum()
    }

    /// Goes on after a restore, and asks again for the read that was open.
    pub(crate) fn resume(&mut self, options: &Options, context: &mut RunContext) {
        self.timeout_ms = options.timeout_ms();
        if self.reading && context.ended_at_ms.is_none() {
            ask_read(context, ReadReason::Restored);
        }
    }

    pub(crate) fn handle_events(
        &mut self,
        page: EventPage,
        ignored: &mut IgnoredCounts,
        now_ms: u64,
        context: &mut RunContext,
    ) -> u64 {
        let window = context.start.minus_ms(LOOKBACK_MS);
        let mut accepted = 0;
        for event in page.events {
            let Some(script) = context
                .place_of(event.vm())
                .and_then(|place| self.scripts.get_mut(place))
            else {
                ignored.add(IgnoreReason::OtherVm);
                continue;
            };
            if event.created_time() < window {
                ignored.add(IgnoreReason::BeforeWindow);
                continue;
            }
            let (_, name, kept) = event.into_parts();
            if script.see(&kept.order, name, &mut context.texts) {
                accepted += 1;
            } else {
                ignored.add(IgnoreReason::Duplicate);
            }
        }
        if page.completeness == Completeness::Complete && self.reading {
            context.read_completed(now_ms);
            self.read_answered(now_ms, context);
        }
        accepted
    }

    /// A failed read only means that nothing new is seen.
    pub(crate) fn handle_read_failed(
        &mut self,
        failure: &ReadFailure,
        now_ms: u64,
        context: &mut RunContext,
    ) {
        let error = ReadError::of(failure.kind, failure.message.as_deref(), MAX_STRING_BYTES);
        context.read_failed(&error, now_ms);
        if failure.kind == ReadFailureKind::NotAuthenticated {
            context.emit(Output::LogIn);
        }
        if self.reading {
            self.read_answered(now_ms, context);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now_ms: u64, context: &mut RunContext) {
        if self.reading || now_ms < self.next_pass_ms {
            return;
        }
        if self.pinned && !self.goes_on(now_ms) {
            self.end(Conclusion::TimedOut, now_ms, context);
            return;
        }
        self.reading = true;
        ask_read(context, ReadReason::Pass);
    }

    pub(crate) fn cancel(&mut self, now_ms: u64, context: &mut RunContext) {
        self.end(Conclusion::Cancelled, now_ms, context);
    }

    pub(crate) fn next_due(&self) -> Option<(u64, DeadlineReason)> {
        (!self.reading).then_some((self.next_pass_ms, DeadlineReason::Pass))
    }

    /// A pass that takes no step changes nothing else, and neither does the next one then.
    pub(crate) fn skip_empty_passes(&mut self, end_ms: u64, context: &mut RunContext) {
        let is_idle =
            self.pinned && !self.reading && self.scripts.iter().all(|script| script.next().is_none());
        if is_idle && self.any_open() {
            let until_ms = self
                .timeout_ms
                .map_or(end_ms, |timeout_ms| timeout_ms.min(end_ms));
            let pass_ms = until_ms
                .div_ceil(PASS_INTERVAL_MS)
                .saturating_mul(PASS_INTERVAL_MS);
            if pass_ms > self.next_pass_ms {
                self.next_pass_ms = pass_ms;
                context.read_completed(pass_ms.saturating_sub(PASS_INTERVAL_MS));
            }
        }
    }

    pub(crate) fn row(&self, place: usize, context: &RunContext) -> Option<VmReport> {
        let script = self.scripts.get(place)?;
        Some(VmReport {
            vm: context.vm(place).to_owned(),
            name: context.name(place, script.name()),
            customization_status: script.status,
            conclusion: self.conclusion(script),
            details: None,
        })
    }

    fn conclusion(&self, script: &Script) -> Option<Conclusion> {
        match script.status {
            CustomizationStatus::CustomizationSucceeded | CustomizationStatus::CustomizationFailed => {
                Some(Conclusion::Completed)
            }
            CustomizationStatus::VmNotStarted if self.pinned => Some(Conclusion::NotStarted),
            CustomizationStatus::VmNotStarted
            | CustomizationStatus::CustomizationNotStarted
            | CustomizationStatus::CustomizationStarted => self.concluded_by_end,
        }
    }

    fn read_answered(&mut self, now_ms: u64, context: &mut RunContext) {
        self.reading = false;
        if !self.pinned {
            self.pin(now_ms, context);
            if !self.goes_on(now_ms) {
                self.end(Conclusion::TimedOut, now_ms, context);
                return;
            }
        }
        for place in 0..self.scripts.len() {
            let Some(script) = self.scripts.get_mut(place) else {
                continue;
            };
            let from = script.status;
            if let Some(step) = script.pass() {
                emit_step(context, place, script.name(), from, step, now_ms);
                if step.to.is_result() {
                    context.emit_conclusion(self.row(place, context));
                }
            }
        }
        // Passes keep to the grid even when one was late.
        self.next_pass_ms = (now_ms / PASS_INTERVAL_MS)
            .saturating_add(1)
            .saturating_mul(PASS_INTERVAL_MS);
    }

    /// P1.
    fn pin(&mut self, now_ms: u64, context: &mut RunContext) {
        self.pinned = true;
        let mut not_started = Vec::new();
        for (place, script) in self.scripts.iter_mut().enumerate() {
            let from = script.status;
            match script.pin() {
                Some(step) => emit_step(context, place, script.name(), from, step, now_ms),
                None => not_started.push(place),
            }
        }
        for place in not_started {
            context.emit_conclusion(self.row(place, context));
        }
    }

    /// P3: whether there is another pass.
    fn goes_on(&self, now_ms: u64) -> bool {
        self.timeout_ms.is_none_or(|timeout_ms| now_ms < timeout_ms) && self.any_open()
    }

    fn any_open(&self) -> bool {
        self.scripts
            .iter()
            .any(|script| self.conclusion(script).is_none())
    }

    fn end(&mut self, open_vms: Conclusion, at_ms: u64, context: &mut RunContext) {
        let open: Vec<usize> = self
            .scripts
            .iter()
            .enumerate()
            .filter(|(_, script)| self.conclusion(script).is_none())
            .map(|(place, _)| place)
            .collect();
        self.concluded_by_end = Some(open_vms);
        for place in open {
            context.emit_conclusion(self.row(place, context));
        }
        context.end(at_ms);
    }
}

fn ask_read(context: &mut RunContext, reason: ReadReason) {
    let vms = context.vms.iter().map(|vm| vm.vm.clone()).collect();
    context.ask_read(vms, context.start.minus_ms(LOOKBACK_MS), reason, None);
}

fn emit_step(
    context: &mut RunContext,
    place: usize,
    name: Option<&str>,
    from: CustomizationStatus,
    step: ScriptStep,
    at_ms: u64,
) {
    context.emit(Output::Transition(Transition {
        n: context.next_transition(),
        vm: context.vm(place).to_owned(),
        name: context.name(place, name),
        from,
        to: step.to,
        at_ms,
        event_key: Some(step.event_key),
        // The script knows one power-on for the whole run.
        attempt: 1,
        inferred: false,
    }));
}
