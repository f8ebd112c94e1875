//! The player of recordings: what happens between the steps and after the last one.

use alloc::vec::Vec;

use crate::formats::recording::{Input, Recording, RecordingStep, RunInput};
use crate::model::options::Rules;
use crate::model::protocol::{Completeness, EventPage, Output};
use crate::model::report::Report;
use crate::model::time::HostTime;
use crate::run::monitor::Monitor;

/// What the monitor has asked for and no step has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Read,
    LogIn,
}

impl Recording {
    /// Plays the recording to its end.
    pub fn play(&self) -> Report {
        let mut player = Player::new(self);
        player.seek(self, u64::MAX);
        player.last_report(self)
    }
}

/// Feeds one recording into one monitor. The same recording goes with each call.
#[derive(Debug, Clone)]
pub(crate) struct Player {
    pub(crate) monitor: Monitor,
    asked: Asked,
    /// The number of the read of properties that no step has answered (D19).
    asked_guest_info: Option<u32>,
    now_ms: u64,
    /// The number of the step that comes next.
    next: usize,
    /// Up to where the clock was run, that moment included.
    ran_to_ms: Option<u64>,
    /// How often the monitor was fed or called.
    calls: u64,
}

impl Player {
    /// A player at the start.
    pub(crate) fn new(recording: &Recording) -> Self {
        let mut player = Self {
            monitor: recording.start.clone(),
            asked: Asked::Nothing,
            asked_guest_info: None,
            now_ms: 0,
            next: 0,
            ran_to_ms: None,
            calls: 0,
        };
        player.drain();
        player
    }

    /// Feeds every step up to `limit_ms` and runs the clock to it, both inclusive.
    pub(crate) fn seek(&mut self, recording: &Recording, limit_ms: u64) {
        while let Some(step) = self.next_step(recording, limit_ms) {
            self.take_step(recording, step);
        }
        if self.next < recording.steps.len() {
            self.run_clock(recording, limit_ms.saturating_add(1));
        } else {
            self.run_after_the_steps(recording, limit_ms);
        }
        self.ran_to_ms = self.ran_to_ms.max(Some(limit_ms));
    }

    /// Feeds the steps before the one with this number.
    pub(crate) fn come_to(&mut self, recording: &Recording, number: usize) {
        let steps = recording.steps.get(self.next..number).unwrap_or_default();
        for step in steps {
            self.take_step(recording, step);
        }
    }

    /// The same, to the moment before that step: what was due before it is done.
    pub(crate) fn come_before(&mut self, recording: &Recording, number: usize) {
        self.come_to(recording, number);
        if let Some(step) = recording.steps.get(number) {
            self.come_to_step(recording, step);
        }
    }

    /// Whether playing from here to the step with this number, with the clock run to `ran_to_ms`, comes to the same
    /// state as from the start.
    pub(crate) fn is_before(&self, number: usize, ran_to_ms: Option<u64>) -> bool {
        self.next <= number && self.ran_to_ms <= ran_to_ms
    }

    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// Changes whenever the monitor may have changed.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    pub(crate) fn now(&self) -> HostTime {
        HostTime::from_millis(self.now_ms)
    }

    /// The report at the end of the recording: without a deadline the run ends at the last step.
    pub(crate) fn last_report(&self, recording: &Recording) -> Report {
        let mut report = self.monitor.report();
        if recording.config.options.timeout_ms().is_none() {
            report.ended_at_ms = report.ended_at_ms.or(Some(recording.last_ms()));
        }
        report
    }

    fn next_step<'a>(&self, recording: &'a Recording, limit_ms: u64) -> Option<&'a RecordingStep> {
        recording
            .steps
            .get(self.next)
            .filter(|step| step.at_ms <= limit_ms)
    }

    fn take_step(&mut self, recording: &Recording, step: &RecordingStep) {
        self.come_to_step(recording, step);
        if let Some(input) = &step.input {
            self.feed(input);
        }
        self.next += 1;
    }

    /// Timers that are due before a step come first, at the same time the step.
    fn come_to_step(&mut self, recording: &Recording, step: &RecordingStep) {
        self.run_clock(recording, step.at_ms);
        self.ran_to_ms = self.ran_to_ms.max(step.at_ms.checked_sub(1));
        self.now_ms = step.at_ms;
    }

    fn run_after_the_steps(&mut self, recording: &Recording, limit_ms: u64) {
        if recording.config.options.timeout_ms().is_none() {
            let last_ms = recording.last_ms().min(limit_ms);
            self.run_clock(recording, last_ms.saturating_add(1));
        } else {
            self.run_healthy(limit_ms);
        }
    }

    /// Calls the monitor at each time before `end_ms` at which it asked to be called.
    fn run_clock(&mut self, recording: &Recording, end_ms: u64) {
        // Under the default rules nothing here answers a read.
        let answers = recording.config.options.rules == Rules::Published;
        let end = HostTime::from_millis(end_ms);
        loop {
            if answers {
                self.monitor.skip_empty_reads(end);
            } else {
                self.monitor.skip_unanswered_reads(end);
            }
            let due = self.monitor.poll_timeout();
            let due_ms = due.map(|due| due.at.as_millis().max(self.now_ms));
            let Some(due_ms) = due_ms.filter(|due_ms| *due_ms < end_ms) else {
                return;
            };
            self.call_at(due_ms);
            if answers {
                self.answer();
            }
        }
    }

    /// After the last step the source is healthy and has nothing new: properties are what they were.
    fn run_healthy(&mut self, limit_ms: u64) {
        while !self.monitor.is_ended() {
            if let Some(number) = self.asked_guest_info.take() {
                self.monitor.repeat_guest_answer(number, self.now());
                self.calls += 1;
                self.drain();
                continue;
            }
            if self.asked != Asked::Nothing {
                self.answer();
                continue;
            }
            let end_ms = limit_ms.saturating_add(1);
            self.monitor.skip_empty_reads(HostTime::from_millis(end_ms));
            let Some(due) = self.monitor.poll_timeout() else {
                return;
            };
            let due_ms = due.at.as_millis().max(self.now_ms);
            if due_ms > limit_ms {
                return;
            }
            self.call_at(due_ms);
        }
    }

    fn call_at(&mut self, due_ms: u64) {
        self.now_ms = due_ms;
        self.monitor.handle_timeout(self.now());
        self.calls += 1;
        self.drain();
    }

    fn answer(&mut self) {
        let now = self.now();
        match self.asked {
            Asked::Read => {
                let nothing_new = EventPage {
                    events: Vec::new(),
                    completeness: Completeness::Complete,
                };
                self.monitor.handle_events(nothing_new, now);
            }
            Asked::LogIn => self.monitor.handle_logged_in(now),
            Asked::Nothing => {}
        }
        self.asked = Asked::Nothing;
        self.calls += 1;
        self.drain();
    }

    fn feed(&mut self, input: &Input) {
        let now = self.now();
        match input {
            Input::Events {
                decoded,
                completeness,
                ..
            } => {
                self.monitor.handle_decoded(decoded.clone(), *completeness, now);
                if *completeness == Completeness::Complete {
                    self.asked = Asked::Nothing;
                }
            }
            Input::Other(RunInput::GuestInfo { infos }) => {
                self.monitor.handle_recorded_guest_info(infos.clone(), now);
            }
            Input::Other(RunInput::ReadFailed { failure }) => {
                self.asked = Asked::Nothing;
                self.monitor.handle_read_failed(failure.clone(), now);
            }
            Input::Other(RunInput::LoggedIn) => self.monitor.handle_logged_in(now),
            Input::Other(RunInput::Vms { vms, server_time }) => {
                // The recording has checked them.
                let _ = self.monitor.set_vms(vms.clone(), *server_time, now);
            }
            Input::Other(RunInput::Cancel) => self.monitor.cancel(now),
        }
        self.calls += 1;
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.monitor.poll_output() {
            match output {
                Output::Read(_) => self.asked = Asked::Read,
                Output::LogIn => self.asked = Asked::LogIn,
                Output::ReadGuestInfo(query) => self.asked_guest_info = Some(query.number),
                Output::Transition(_) | Output::Concluded(_) | Output::Stuck { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn recording(options: &str, steps: &str) -> Recording {
        let text = format!(
            r#"{{ "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
            "vms": [{{ "vm": "vm-1" }}, {{ "vm": "vm-2" }}], "options": {{ {options} }}, "steps": [{steps}] }}"#
        );
        Recording::from_json(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn the_longest_runs_end_after_a_few_calls() {
        let power_on = r#"{ "atMs": 0, "events": [{ "_typeName": "VmStartingEvent", "key": 1,
            "createdTime": "2026-03-01T10:00:01Z", "vm": { "vm": { "type": "VirtualMachine", "value": "vm-1" } } }] }"#;
        let late = format!(r#"{power_on}, {{ "atMs": 1e12, "events": [] }}"#);
        let gone = r#"{ "atMs": 5, "serverTime": "2026-03-01T10:00:45Z", "vms": [{ "vm": "vm-1" }, { "vm": "vm-3" }] },
            { "atMs": 9, "readFailed": { "kind": "notFound", "vm": "vm-3" } }"#;
        for options in [
            r#""timeoutSeconds": 1e9, "pollIntervalSeconds": 0.001, "waitForPowerOn": true"#,
            r#""timeoutSeconds": 1e9, "pollIntervalSeconds": 0.001, "attempts": "reopen""#,
            r#""timeoutSeconds": null, "pollIntervalSeconds": 0.001, "waitForPowerOn": true"#,
            r#""timeoutSeconds": 1e9, "rules": "published""#,
            r#""timeoutSeconds": null, "rules": "published""#,
        ] {
            for steps in ["", power_on, &late, gone] {
                if options.contains("published") && steps == gone {
                    continue;
                }
                let recording = recording(options, steps);
                let mut player = Player::new(&recording);
                player.seek(&recording, u64::MAX);
                assert!(player.calls() < 20, "{} calls: {options} {steps}", player.calls());
            }
        }
    }
}
