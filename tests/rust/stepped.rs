//! Plays a recording step by step, by the public API alone: what a player does stands in `docs`, and here once more.
#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails says where"
)]

use serde_json::Value;
use vm_customization::{
    Completeness, Deadline, EventPage, GuestInfo, GuestInfoQuery, HostTime, Monitor, Options, Output,
    ReadFailure, Report, ServerTime, VmRef,
};

/// A recording under way.
#[derive(Debug)]
pub struct SteppedRun {
    /// The monitor that is fed.
    pub monitor: Monitor,
    /// Milliseconds since the start of the run.
    pub now_ms: u64,
    recording: Value,
    asked: Option<Asked>,
    asked_guest_info: Option<GuestInfoQuery>,
}

#[derive(Debug, Clone, Copy)]
enum Asked {
    Read,
    LogIn,
}

impl SteppedRun {
    /// The run at its start.
    pub fn new(recording: &str) -> Self {
        let recording: Value = serde_json::from_str(recording).unwrap();
        let vms = VmRef::list_from_json(&recording["vms"].to_string()).unwrap();
        let options: Options = match &recording["options"] {
            Value::Null => Options::default(),
            options => serde_json::from_value(options.clone()).unwrap(),
        };
        let start = time(&recording["startedAt"]);
        let monitor = Monitor::new(vms, options, start, HostTime::from_millis(0)).unwrap();
        Self::going_on(recording, monitor, 0)
    }

    /// The run with a monitor that was brought to `now_ms`.
    pub fn going_on(recording: Value, monitor: Monitor, now_ms: u64) -> Self {
        let mut run = Self {
            monitor,
            now_ms,
            recording,
            asked: None,
            asked_guest_info: None,
        };
        run.drain();
        run
    }

    /// Puts another monitor in the place of this one.
    pub fn replace_monitor(&mut self, by: impl FnOnce(&Monitor, HostTime, ServerTime) -> Monitor) {
        let server_ms = time(&self.recording["startedAt"]).as_unix_ms() + i64::try_from(self.now_ms).unwrap();
        let server_now = ServerTime::from_unix_ms(server_ms);
        self.monitor = by(&self.monitor, HostTime::from_millis(self.now_ms), server_now);
        self.drain();
    }

    /// How many steps there are.
    pub fn step_count(&self) -> usize {
        self.recording["steps"].as_array().unwrap().len()
    }

    /// Runs the clock up to a step, and feeds it.
    pub fn take_step(&mut self, number: usize) {
        let step = self.recording["steps"][number].clone();
        let at_ms = at_ms(&step);
        self.run_clock(at_ms);
        self.now_ms = at_ms;
        let now = HostTime::from_millis(at_ms);
        if let Some(events) = step.get("events").filter(|events| !events.is_null()) {
            let document = events
                .as_str()
                .map_or_else(|| events.to_string(), ToOwned::to_owned);
            let completeness = if step["complete"] == false {
                Completeness::Partial
            } else {
                self.asked = None;
                Completeness::Complete
            };
            let fed = self
                .monitor
                .handle_event_bytes(document.as_bytes(), completeness, now);
            if let Err(error) = fed {
                self.asked = None;
                self.monitor.handle_read_failed(error.read_failure(), now);
            }
            self.drain();
        }
        if let Some(info) = step.get("guestInfo") {
            let infos = GuestInfo::list_from_json(&info.to_string()).unwrap();
            self.monitor.handle_recorded_guest_info(infos, now);
            self.drain();
        }
        if let Some(failure) = step.get("readFailed") {
            self.asked = None;
            let failure = ReadFailure::from_json(&failure.to_string()).unwrap();
            self.monitor.handle_read_failed(failure, now);
            self.drain();
        }
        if step["loggedIn"] == true {
            self.monitor.handle_logged_in(now);
            self.drain();
        }
        if let Some(vms) = step.get("vms") {
            let vms = VmRef::list_from_json(&vms.to_string()).unwrap();
            self.monitor.set_vms(vms, time(&step["serverTime"]), now).unwrap();
            self.drain();
        }
        if step["cancel"] == true {
            self.monitor.cancel(now);
            self.drain();
        }
    }

    /// After the last step the source is healthy and has nothing new. Without a deadline the run ends there.
    pub fn finish(mut self) -> Report {
        let last_ms = self.recording["steps"]
            .as_array()
            .and_then(|steps| steps.last())
            .map_or(0, at_ms);
        if self.is_endless() {
            self.run_clock(last_ms + 1);
            let mut report = self.monitor.report();
            report.ended_at_ms = report.ended_at_ms.or(Some(last_ms));
            return report;
        }
        while !self.monitor.is_ended() {
            if let Some(query) = self.asked_guest_info.take() {
                self.answer_guest_info(&query);
            } else if self.asked.is_some() {
                self.answer();
            } else if let Some(due) = self.monitor.poll_timeout() {
                self.call(due);
            } else {
                break;
            }
        }
        self.monitor.report()
    }

    fn is_endless(&self) -> bool {
        self.recording["options"]
            .get("timeoutSeconds")
            .is_some_and(Value::is_null)
    }

    /// Calls the monitor at each time before `end_ms` at which it asked to be called. Only the passes of the published
    /// rules are answered: they see what was visible before.
    fn run_clock(&mut self, end_ms: u64) {
        while let Some(due) = self.monitor.poll_timeout() {
            if due.at.as_millis().max(self.now_ms) >= end_ms {
                return;
            }
            self.call(due);
            if self.recording["options"]["rules"] == "published" {
                self.answer();
            }
        }
    }

    fn call(&mut self, due: Deadline) {
        self.now_ms = due.at.as_millis().max(self.now_ms);
        self.monitor.handle_timeout(HostTime::from_millis(self.now_ms));
        self.drain();
    }

    fn answer(&mut self) {
        let now = HostTime::from_millis(self.now_ms);
        match self.asked.take() {
            Some(Asked::Read) => {
                let page = EventPage {
                    events: Vec::new(),
                    completeness: Completeness::Complete,
                };
                self.monitor.handle_events(page, now);
            }
            Some(Asked::LogIn) => self.monitor.handle_logged_in(now),
            None => {}
        }
        self.drain();
    }

    /// With what the recording says last of each VM's readiness.
    fn answer_guest_info(&mut self, query: &GuestInfoQuery) {
        let steps = self.recording["steps"].as_array().unwrap();
        let told: Vec<GuestInfo> = steps
            .iter()
            .filter_map(|step| step.get("guestInfo"))
            .flat_map(|info| GuestInfo::list_from_json(&info.to_string()).unwrap())
            .collect();
        let last = |vm: &String| {
            let mut last = GuestInfo::new(vm.as_str());
            for info in told.iter().filter(|info| info.vm == *vm) {
                last.tools_running_status = info.tools_running_status.clone().or(last.tools_running_status);
                last.guest_operations_ready = info.guest_operations_ready.or(last.guest_operations_ready);
            }
            last
        };
        let infos = query.vms.iter().map(last).collect();
        self.monitor
            .handle_guest_answer(query.number, infos, HostTime::from_millis(self.now_ms));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.monitor.poll_output() {
            match output {
                Output::Read(_) => self.asked = Some(Asked::Read),
                Output::ReadGuestInfo(query) => self.asked_guest_info = Some(query),
                Output::LogIn => self.asked = Some(Asked::LogIn),
                _ => {}
            }
        }
    }
}

fn at_ms(step: &Value) -> u64 {
    let at_ms = &step["atMs"];
    at_ms
        .as_u64()
        .unwrap_or_else(|| panic!("{at_ms} is no whole number"))
}

fn time(text: &Value) -> ServerTime {
    text.as_str().unwrap().parse().unwrap()
}
