//! Which part begins when, and whose output is seen.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{channel, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{Part, Resource, Run};
use crate::report::{self, Counts, Finished, Outcome};
use crate::tools;

/// How many parts run at a time: while one waits, for a server, a page or its own deadline, the other works.
const AT_A_TIME: usize = 2;
/// What xtask begins its last line with when a part fails.
const MESSAGE: &str = "xtask: ";

/// What a running part does.
enum Event {
    Line(String),
    End { passed: bool },
}

/// Runs the parts and prints what came of them; says whether all have passed.
pub(super) fn run(parts: Vec<&'static Part>, files: &[PathBuf]) -> Result<bool> {
    let started = Instant::now();
    let (sender, events) = channel();
    let mut plan = Plan::of(parts, tools::switched_on("CI"));
    let mut log = Log::new(std::io::stdout());
    loop {
        while plan.running.len() < AT_A_TIME {
            let Some(part) = plan.begin() else { break };
            log.begin(part.name, format!("── {}: {}", part.name, part.about))?;
            start(part, files, sender.clone())?;
        }
        if plan.running.is_empty() {
            return Ok(report::print(&plan.finished, started.elapsed()));
        }
        match events.recv().context("no part runs any more")? {
            (name, Event::Line(line)) => {
                plan.see(name, &line);
                log.line(name, line)?;
            }
            (name, Event::End { passed }) => {
                plan.end(name, passed);
                log.end(name)?;
            }
        }
    }
}

/// Starts a part as a process, whose output and end become events.
fn start(part: &'static Part, files: &[PathBuf], events: Sender<(&'static str, Event)>) -> Result<()> {
    let (output, input) = std::io::pipe()?;
    let xtask = std::env::current_exe()?;
    let gives_way = matches!(
        part.uses,
        Some(Resource::NativeBuild | Resource::WasmBuild | Resource::Processor)
    );
    let mut command = if gives_way && cfg!(unix) {
        let mut nice = Command::new("nice");
        nice.args(["-n", "5"]).arg(xtask);
        nice
    } else {
        Command::new(xtask)
    };
    command.args(["part", part.name]).stdin(Stdio::null());
    command.stdout(input.try_clone()?).stderr(input);
    if matches!(part.run, Run::Files(_)) {
        command.args(files);
    }
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.spawn().context("xtask could not start itself")?;
    // It holds ends of the pipe, which is read until the last is closed.
    drop(command);
    std::thread::spawn(move || {
        // The receiver is gone only after a failure of its own, which is told already.
        let tell = |event| drop(events.send((part.name, event)));
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            tell(Event::Line(String::from_utf8_lossy(&line).into_owned()));
        }
        let passed = child.wait().is_ok_and(|status| status.success());
        tell(Event::End { passed });
    });
    Ok(())
}

/// What is to come, what runs and what has been.
struct Plan {
    waiting: Vec<&'static Part>,
    running: Vec<Running>,
    finished: Vec<Finished>,
    /// Whether it fails a part that a test of it was skipped: in CI everything is there, or else the run says what is not.
    forbids_skips: bool,
}

struct Running {
    part: &'static Part,
    since: Instant,
    counts: Counts,
    /// What it said last of itself.
    message: String,
}

impl Plan {
    fn of(waiting: Vec<&'static Part>, forbids_skips: bool) -> Self {
        Self {
            waiting,
            running: Vec::new(),
            finished: Vec::new(),
            forbids_skips,
        }
    }

    /// Begins the first part that can be; one that needs a failed one never will, and is finished.
    fn begin(&mut self) -> Option<&'static Part> {
        let mut index = 0;
        while let Some(part) = self.waiting.get(index).copied() {
            let passed = |needed: &str| {
                self.finished
                    .iter()
                    .find(|other| other.name == needed)
                    .map(Finished::passed)
            };
            if let Some(failed) = part.needs.iter().find(|needed| passed(needed) == Some(false)) {
                self.waiting.remove(index);
                self.finished.push(Finished {
                    name: part.name,
                    outcome: Outcome::NotRun(failed),
                    counts: Counts::default(),
                    took: Duration::ZERO,
                });
                continue;
            }
            let is_free =
                part.uses.is_none() || self.running.iter().all(|other| other.part.uses != part.uses);
            if is_free && part.needs.iter().all(|needed| passed(needed) == Some(true)) {
                self.waiting.remove(index);
                self.running.push(Running {
                    part,
                    since: Instant::now(),
                    counts: Counts::default(),
                    message: String::new(),
                });
                return Some(part);
            }
            index += 1;
        }
        None
    }

    fn see(&mut self, name: &str, line: &str) {
        if let Some(running) = self.running.iter_mut().find(|running| running.part.name == name) {
            running.counts.see(line);
            if let Some(message) = line.strip_prefix(MESSAGE) {
                message.clone_into(&mut running.message);
            }
        }
    }

    fn end(&mut self, name: &str, passed: bool) {
        let Some(index) = self.running.iter().position(|running| running.part.name == name) else {
            return;
        };
        let Running {
            part,
            since,
            counts,
            message,
        } = self.running.remove(index);
        let outcome = if !passed {
            Outcome::Failed(message)
        } else if self.forbids_skips && counts.skipped > 0 {
            Outcome::Failed("CI is set, where no test may be skipped".into())
        } else {
            Outcome::Passed
        };
        self.finished.push(Finished {
            name: part.name,
            outcome,
            counts,
            took: since.elapsed(),
        });
    }
}

/// Prints the lines of parts that run at the same time one part after the other: those of the first as they come.
struct Log<W> {
    out: W,
    parts: VecDeque<Lines>,
}

struct Lines {
    name: &'static str,
    held: Vec<String>,
    has_ended: bool,
}

impl<W: Write> Log<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            parts: VecDeque::new(),
        }
    }

    fn begin(&mut self, name: &'static str, line: String) -> Result<()> {
        self.parts.push_back(Lines {
            name,
            held: vec![line],
            has_ended: false,
        });
        self.print()
    }

    fn line(&mut self, name: &str, line: String) -> Result<()> {
        if let Some(part) = self.parts.iter_mut().find(|part| part.name == name) {
            part.held.push(line);
        }
        self.print()
    }

    fn end(&mut self, name: &str) -> Result<()> {
        if let Some(part) = self.parts.iter_mut().find(|part| part.name == name) {
            part.has_ended = true;
        }
        self.print()
    }

    fn print(&mut self) -> Result<()> {
        while let Some(first) = self.parts.front_mut() {
            for line in first.held.drain(..) {
                writeln!(self.out, "{line}")?;
            }
            if !first.has_ended {
                break;
            }
            self.parts.pop_front();
        }
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{part, using};
    use super::*;

    /// Of parts that are planned and not run.
    fn nothing() -> Result<()> {
        anyhow::bail!("this part is not to run")
    }

    static PARTS: [Part; 5] = [
        using(
            Resource::NativeBuild,
            part("native", "", &[], Run::Whole(nothing)),
        ),
        using(
            Resource::NativeBuild,
            part("second native", "", &[], Run::Whole(nothing)),
        ),
        using(Resource::WasmBuild, part("wasm", "", &[], Run::Whole(nothing))),
        part("user", "", &["wasm"], Run::Whole(nothing)),
        part("user of user", "", &["user"], Run::Whole(nothing)),
    ];

    fn plan() -> Plan {
        Plan::of(PARTS.iter().collect(), false)
    }

    /// The names of the parts that can begin, which then run.
    fn begun(plan: &mut Plan) -> Vec<&'static str> {
        std::iter::from_fn(|| plan.begin())
            .map(|part| part.name)
            .collect()
    }

    #[test]
    fn a_part_begins_when_what_it_needs_has_passed_and_what_it_uses_is_free() {
        let mut plan = plan();
        assert_eq!(begun(&mut plan), ["native", "wasm"]);
        plan.end("wasm", true);
        assert_eq!(begun(&mut plan), ["user"]);
        plan.end("native", false);
        assert_eq!(begun(&mut plan), ["second native"]);
        plan.end("user", true);
        assert_eq!(begun(&mut plan), ["user of user"]);
    }

    #[test]
    fn what_needs_a_failed_part_does_not_run_and_nor_does_what_needs_that() {
        let mut plan = plan();
        begun(&mut plan);
        plan.see("wasm", "xtask: no compiler");
        plan.end("wasm", false);
        assert!(begun(&mut plan).is_empty());
        let outcomes: Vec<_> = plan
            .finished
            .iter()
            .map(|part| (part.name, &part.outcome))
            .collect();
        assert!(matches!(
            outcomes[..],
            [
                ("wasm", Outcome::Failed(message)),
                ("user", Outcome::NotRun("wasm")),
                ("user of user", Outcome::NotRun("user")),
            ] if message == "no compiler"
        ));
    }

    #[test]
    fn a_skipped_test_fails_its_part_in_ci_alone() {
        for in_ci in [false, true] {
            let mut plan = Plan {
                forbids_skips: in_ci,
                ..plan()
            };
            begun(&mut plan);
            plan.see("native", "ℹ skipped 0");
            plan.see("wasm", "ℹ skipped 1");
            plan.end("native", true);
            plan.end("wasm", true);
            let passed: Vec<_> = plan.finished.iter().map(Finished::passed).collect();
            assert_eq!(passed, [true, !in_ci]);
        }
    }

    #[test]
    fn the_output_of_parts_that_run_together_is_seen_one_after_the_other() {
        let mut log = Log::new(Vec::new());
        let seen = |log: &mut Log<Vec<u8>>| String::from_utf8(std::mem::take(&mut log.out)).unwrap();
        log.begin("a", "A".into()).unwrap();
        log.begin("b", "B".into()).unwrap();
        log.line("b", "b1".into()).unwrap();
        log.line("a", "a1".into()).unwrap();
        assert_eq!(seen(&mut log), "A\na1\n");
        log.end("b").unwrap();
        log.begin("c", "C".into()).unwrap();
        log.line("c", "c1".into()).unwrap();
        assert_eq!(seen(&mut log), "");
        log.end("a").unwrap();
        log.line("c", "c2".into()).unwrap();
        assert_eq!(seen(&mut log), "B\nb1\nC\nc1\nc2\n");
    }
}
