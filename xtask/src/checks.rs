//! `cargo xtask test`: the parts, what they need, and the order they run in.

mod node;
mod rust;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::report::{Counts, Finished, Outcome};
use crate::steps::say;
use crate::{commands, report, vcsim};

/// One part; `needs` names parts that must have passed before.
struct Part {
    name: &'static str,
    about: &'static str,
    needs: &'static [&'static str],
    run: fn(&mut Counts) -> Result<()>,
}

/// In the order they run: what is quick to fail first, then what compiles, then what runs the result.
const PARTS: &[Part] = &[
    Part {
        name: "fmt",
        about: "Rust is formatted",
        needs: &[],
        run: rust::fmt,
    },
    Part {
        name: "core-alone",
        about: "the core compiles by itself and has no clock",
        needs: &[],
        run: rust::core_alone,
    },
    Part {
        name: "clippy",
        about: "clippy, all crates and targets",
        needs: &[],
        run: rust::clippy,
    },
    Part {
        name: "rust",
        about: "cargo test, all crates",
        needs: &[],
        run: rust::test,
    },
    Part {
        name: "docs",
        about: "rustdoc without warnings",
        needs: &[],
        run: rust::docs,
    },
    Part {
        name: "build",
        about: "what is shipped, as `cargo xtask build` makes it",
        needs: &[],
        run: |_| commands::build(),
    },
    Part {
        name: "clippy-wasm",
        about: "clippy for wasm32, core and skin",
        needs: &[],
        run: rust::clippy_wasm,
    },
    Part {
        name: "no-imports",
        about: "the core's tests for wasm32 import nothing",
        needs: &[],
        run: rust::no_imports,
    },
    Part {
        name: "lint",
        about: "JavaScript and TypeScript, format and lint",
        needs: &["build"],
        run: node::lint,
    },
    Part {
        name: "page",
        about: "the status page, bundled",
        needs: &["build"],
        run: |_| commands::build_page(),
    },
    Part {
        name: "types",
        about: "TypeScript types",
        needs: &["build"],
        run: node::types,
    },
    Part {
        name: "vcsim",
        about: "the vCenter simulator: go vet and build",
        needs: &[],
        run: |_| vcsim::check(),
    },
    Part {
        name: "node",
        about: "node --test",
        needs: &["build", "vcsim"],
        run: node::test,
    },
    Part {
        name: "web",
        about: "the status page in Chromium",
        needs: &["build", "page", "vcsim"],
        run: node::web,
    },
    Part {
        name: "packaging",
        about: "the packed package in runtimes, bundlers and Chromium",
        needs: &["build"],
        run: node::packaging,
    },
];

/// Runs the parts named in `names`, or all; also after a failure, but for what needs the failed part.
pub(crate) fn run(names: &[String]) -> Result<ExitCode> {
    if names.iter().any(|name| name == "--list") {
        for part in PARTS {
            println!("{:<12} {}", part.name, part.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = chosen(names)?;
    let started = Instant::now();
    let mut finished: Vec<Finished> = Vec::new();
    for part in chosen {
        let missing = part.needs.iter().copied().find(|needed| {
            !finished
                .iter()
                .any(|other| other.name == *needed && matches!(other.outcome, Outcome::Passed))
        });
        finished.push(match missing {
            Some(needed) => Finished {
                name: part.name,
                outcome: Outcome::NotRun(needed),
                counts: Counts::default(),
                took: Duration::ZERO,
            },
            None => finish(part),
        });
    }
    let well = report::print(&finished, started.elapsed());
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn finish(part: &Part) -> Finished {
    say(&format!("── {}: {}", part.name, part.about));
    let started = Instant::now();
    let mut counts = Counts::default();
    let outcome = match (part.run)(&mut counts) {
        Ok(()) => Outcome::Passed,
        Err(failure) => {
            say(&format!("{} failed: {failure}", part.name));
            Outcome::Failed(failure)
        }
    };
    Finished {
        name: part.name,
        outcome,
        counts,
        took: started.elapsed(),
    }
}

/// The named parts and those they need, in the order of the list.
fn chosen(names: &[String]) -> Result<Vec<&'static Part>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !PARTS.iter().any(|part| part.name == **name))
    {
        return Err(Failure::new(format!(
            "`{unknown}` is not a part of the tests; `cargo xtask test --list` names them"
        )));
    }
    let is_chosen = |name: &str| names.is_empty() || names.iter().any(|given| given == name);
    let needed = |name: &str| {
        PARTS
            .iter()
            .any(|part| is_chosen(part.name) && part.needs.contains(&name))
    };
    Ok(PARTS
        .iter()
        .filter(|part| is_chosen(part.name) || needed(part.name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_brings_along_what_it_needs() {
        let names: Vec<_> = chosen(&["node".into()])
            .unwrap()
            .iter()
            .map(|part| part.name)
            .collect();
        assert_eq!(names, ["build", "vcsim", "node"]);
    }

    #[test]
    fn what_a_part_needs_comes_before_it() {
        for (index, part) in PARTS.iter().enumerate() {
            for needed in part.needs {
                assert!(
                    PARTS[..index].iter().any(|other| other.name == *needed),
                    "{} needs {needed}",
                    part.name
                );
            }
        }
    }

    #[test]
    fn an_unknown_part_is_an_error() {
        assert!(chosen(&["nodes".into()]).is_err());
    }
}
