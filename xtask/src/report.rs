//! What the parts of `cargo xtask test` came to.

use std::time::Duration;

/// Numbers of tests, as the test programs print them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// Takes a line of a part's output. Those that tell numbers are `test result: ok. 5 passed; 0 failed; 1 ignored; …` of
    /// `cargo test`, and `ℹ pass 5` of `node --test` with the reporter `spec`.
    pub(crate) fn see(&mut self, line: &str) {
        if let Some((_, numbers)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        {
            for (number, what) in numbers
                .split("; ")
                .filter_map(|entry| entry.trim().split_once(' '))
            {
                self.add(what, number);
            }
        } else if let Some((what, number)) = line.strip_prefix("ℹ ").and_then(|rest| rest.split_once(' ')) {
            self.add(what, number);
        }
    }

    fn add(&mut self, what: &str, number: &str) {
        let number = number.parse().unwrap_or(0);
        match what {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" | "cancelled" => self.failed += number,
            "ignored" | "skipped" | "todo" => self.skipped += number,
            _ => {}
        }
    }
}

/// How a part ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed,
    /// What it said.
    Failed(String),
    /// A part that it needs has failed.
    NotRun(&'static str),
}

/// A part that has had its turn.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) counts: Counts,
    pub(crate) took: Duration,
}

impl Finished {
    pub(crate) fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed)
    }
}

/// Prints a line per part and the sums; says whether all is well.
pub(crate) fn print(parts: &[Finished], took: Duration) -> bool {
    println!();
    let mut sum = Counts::default();
    for Finished {
        name,
        outcome,
        counts,
        took,
    } in parts
    {
        let seconds = took.as_secs_f64();
        let tests = match counts {
            Counts {
                passed: 0,
                failed: 0,
                skipped: 0,
            } => String::new(),
            Counts {
                passed,
                failed: 0,
                skipped: 0,
            } => format!("  {passed} tests"),
            Counts {
                passed,
                failed,
                skipped,
            } => format!("  {passed} tests passed, {failed} failed, {skipped} skipped"),
        };
        match outcome {
            Outcome::Passed => println!("passed   {name:<12} {seconds:7.1} s{tests}"),
            Outcome::Failed(failure) => println!("FAILED   {name:<12} {seconds:7.1} s{tests}  {failure}"),
            Outcome::NotRun(needed) => {
                println!("NOT RUN  {name:<12}            needs {needed}, which failed");
            }
        }
        sum.passed += counts.passed;
        sum.failed += counts.failed;
        sum.skipped += counts.skipped;
    }
    let passed = parts.iter().filter(|part| part.passed()).count();
    println!(
        "{} tests passed, {} failed, {} skipped in {:.0} s",
        sum.passed,
        sum.failed,
        sum.skipped,
        took.as_secs_f64()
    );
    println!("{passed} parts passed, {} failed", parts.len() - passed);
    passed == parts.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_cargo_test_add_up() {
        let mut counts = Counts::default();
        counts.see("running 3 tests");
        counts.see(
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        counts.see("test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        assert_eq!(
            counts,
            Counts {
                passed: 5,
                failed: 4,
                skipped: 1
            }
        );
    }

    #[test]
    fn results_of_node_test_add_up() {
        let mut counts = Counts::default();
        for line in [
            "ℹ tests 9",
            "ℹ suites 2",
            "ℹ pass 5",
            "ℹ fail 1",
            "ℹ cancelled 1",
            "ℹ skipped 2",
            "ℹ duration_ms 7",
        ] {
            counts.see(line);
        }
        assert_eq!(
            counts,
            Counts {
                passed: 5,
                failed: 2,
                skipped: 2
            }
        );
    }
}
