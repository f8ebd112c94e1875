//! A host's whole loop, from the first input to the last output.
//!
//! ```sh
//! cargo run -p vm-customization --example watch
//! ```
//!
//! The vCenter is a script here. In a program of yours [`VCenter`] makes requests: `QueryEvents` with what the query
//! names, `CurrentTime`, `Login`.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a host talks to people, has a clock and sleeps"
)]

use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

use vm_customization::{
    Completeness, EventQuery, HostTime, Monitor, Options, Output, ReadFailure, ReadFailureKind, ServerTime,
    VmRef,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut vcenter = VCenter::connect();
    let options = Options {
        timeout: Some(Duration::from_secs(10)),
        poll_interval: Duration::from_millis(250),
        wait_for_power_on: true,
        ..Options::default()
    };
    let vms = vec![VmRef::new("vm-101").with_name("web-1")];
    let mut monitor = Monitor::new(vms, options, vcenter.server_time(), vcenter.now())?;

    loop {
        // What the last input led to. An answer is the next input, so outputs are taken until there are none.
        while let Some(output) = monitor.poll_output() {
            match output {
                Output::Read(query) => match vcenter.read(&query) {
                    // An answer as full as `query.max_count` would be fed as `Completeness::Partial`, and read on from.
                    Ok(page) => {
                        let ingested =
                            monitor.handle_event_bytes(&page, Completeness::Complete, vcenter.now())?;
                        for bad in ingested.bad {
                            eprintln!("{}: {}", bad.place, bad.message);
                        }
                    }
                    Err(failure) => monitor.handle_read_failed(failure, vcenter.now()),
                },
                // A log-in that fails is a `handle_read_failed`, too.
                Output::LogIn => {
                    vcenter.log_in();
                    monitor.handle_logged_in(vcenter.now());
                }
                Output::Transition(step) => println!("{}: {} -> {}", step.vm, step.from, step.to),
                Output::Stuck { vm, hint } => println!("{vm} gets no further: {hint}"),
                Output::Concluded(row) => println!("{} is done: {}", row.vm, row.customization_status),
                // It is asked for with the option `ready` alone; a later release may tell more.
                Output::ReadGuestInfo(_) | _ => {}
            }
        }
        // Drained: now the deadline holds. There is none after the end of the run.
        let Some(deadline) = monitor.poll_timeout() else {
            break;
        };
        let wait_ms = deadline.at.as_millis().saturating_sub(vcenter.now().as_millis());
        sleep(Duration::from_millis(wait_ms));
        monitor.handle_timeout(vcenter.now());
    }
    println!("{}", monitor.report().to_json());
    Ok(())
}

/// A vCenter by script: one VM is powered on and customized within a second, and a session is lost meanwhile.
struct VCenter {
    started: Instant,
    has_session: bool,
    reads: u32,
}

/// What vCenter's clock shows at the start, in milliseconds since 1970.
const START_MS: u64 = 1_772_359_200_000;

/// Milliseconds after the start, and the type of the event that happens then.
const SCRIPT: [(u64, &str); 3] = [
    (200, "VmStartingEvent"),
    (500, "CustomizationStartedEvent"),
    (900, "CustomizationSucceeded"),
];

impl VCenter {
    fn connect() -> Self {
        Self {
            started: Instant::now(),
            has_session: true,
            reads: 0,
        }
    }

    /// The host's monotonic clock: it drives deadlines.
    fn now(&self) -> HostTime {
        let elapsed = self.started.elapsed().as_millis();
        HostTime::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// vCenter's clock (`CurrentTime`): it orders events and bounds queries.
    fn server_time(&self) -> ServerTime {
        server_time(self.now().as_millis())
    }

    fn log_in(&mut self) {
        self.has_session = true;
    }

    fn read(&mut self, query: &EventQuery) -> Result<Vec<u8>, ReadFailure> {
        self.reads += 1;
        self.has_session &= self.reads != 3;
        if !self.has_session {
            return Err(ReadFailure {
                kind: ReadFailureKind::NotAuthenticated,
                vm: None,
                message: None,
            });
        }
        let now_ms = self.now().as_millis();
        let mut events = Vec::new();
        for (key, (at_ms, type_name)) in (1..).zip(SCRIPT).filter(|(_, (at_ms, _))| *at_ms <= now_ms) {
            let created = server_time(at_ms);
            events.extend(query.vms.iter().map(|vm| {
                format!(
                    r#"{{"_typeName":"{type_name}","key":{key},"createdTime":"{created}",
                        "vm":{{"vm":{{"type":"VirtualMachine","value":"{vm}"}}}}}}"#
                )
            }));
        }
        Ok(format!("[{}]", events.join(",")).into_bytes())
    }
}

fn server_time(at_ms: u64) -> ServerTime {
    ServerTime::from_unix_ms(i64::try_from(START_MS + at_ms).unwrap_or(i64::MAX))
}
