//! `cargo xtask test`: the parts, what they need, and the order they run in.

mod node;
mod publish;
mod rust;
mod rust_version;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{bail, Context, Result};

use crate::report::{Counts, Finished, Outcome};
use crate::steps::say;
use crate::{commands, report, vcsim};

/// One part; `needs` names parts that must have passed before.
struct Part {
    name: &'static str,
    about: &'static str,
    needs: &'static [&'static str],
    run: Run,
}

/// What a part does.
enum Run {
    Whole(fn(&mut Counts) -> Result<()>),
    /// Runs the test files given, or all of its own.
    Files(fn(&[PathBuf], &mut Counts) -> Result<()>),
}

const fn part(name: &'static str, about: &'static str, needs: &'static [&'static str], run: Run) -> Part {
    Part {
        name,
        about,
        needs,
        run,
    }
}

/// In the order they run: what is quick to fail first, then what compiles, then what runs the result.
#[rustfmt::skip]
const PARTS: &[Part] = &[
    part("fmt", "Rust is formatted", &[], Run::Whole(rust::fmt)),
    part("rust-version", "no crate needs a newer Rust than it says", &[], Run::Whole(rust_version::check)),
    part("core-alone", "the core compiles by itself and has no clock", &[], Run::Whole(rust::core_alone)),
    part("clippy", "clippy, all crates and targets", &[], Run::Whole(rust::clippy)),
    part("rust", "cargo test, all crates", &[], Run::Whole(rust::test)),
    part("docs", "rustdoc without warnings", &[], Run::Whole(rust::docs)),
    part("crate", "the core as crates.io would have it", &[], Run::Whole(publish::check)),
    part("build", "what is shipped, as `cargo xtask build` makes it", &[], Run::Whole(|_| commands::build())),
    part("clippy-wasm", "clippy for wasm32, core and skin", &[], Run::Whole(rust::clippy_wasm)),
    part("no-imports", "the core's tests for wasm32 import nothing", &[], Run::Whole(rust::no_imports)),
    part("checked-core", "the core as WebAssembly with overflow checks", &[], Run::Files(node::checked_core)),
    part("lint", "JavaScript and TypeScript, format and lint", &["build"], Run::Whole(node::lint)),
    part("page", "the status page, bundled", &["build"], Run::Whole(|_| commands::build_page())),
    part("types", "TypeScript types", &["build"], Run::Whole(node::types)),
    part("vcsim", "the vCenter simulator: go vet and build", &[], Run::Whole(|_| vcsim::check())),
    part("node", "node --test", &["build", "vcsim"], Run::Files(node::test)),
    part("web", "the status page in Chromium", &["build", "page", "vcsim"], Run::Files(node::web)),
    part("packaging", "the packed package in runtimes, bundlers and Chromium", &["build"], Run::Files(node::packaging)),
];

/// Runs the parts that `args` name, or all; also after a failure, but for what needs the failed part.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    if args.iter().any(|arg| arg == "--list") {
        for part in PARTS {
            println!("{:<12} {}", part.name, part.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    // The name of a part has no dot.
    let (files, names): (Vec<&str>, Vec<&str>) =
        args.iter().map(String::as_str).partition(|arg| arg.contains('.'));
    let chosen = chosen(&names)?;
    let files = files_of(&names, &files)?;
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
            None => finish(part, &files),
        });
    }
    let well = report::print(&finished, started.elapsed());
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn finish(part: &Part, files: &[PathBuf]) -> Finished {
    say(&format!("── {}: {}", part.name, part.about));
    let started = Instant::now();
    let mut counts = Counts::default();
    let ended = match part.run {
        Run::Whole(run) => run(&mut counts),
        Run::Files(run) => run(files, &mut counts),
    };
    let outcome = match ended {
        Ok(()) => Outcome::Passed,
        Err(failure) => {
            say(&format!("{} failed: {failure:#}", part.name));
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
fn chosen(names: &[&str]) -> Result<Vec<&'static Part>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !PARTS.iter().any(|part| part.name == **name))
    {
        bail!("`{unknown}` is not a part of the tests; `cargo xtask test --list` names them");
    }
    let is_chosen = |name: &str| names.is_empty() || names.contains(&name);
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

/// Where the files are that one part is to run in place of all; what it needs takes none.
fn files_of(names: &[&str], files: &[&str]) -> Result<Vec<PathBuf>> {
    let takes_files = |name: &str| {
        PARTS
            .iter()
            .any(|part| part.name == name && matches!(part.run, Run::Files(_)))
    };
    if !files.is_empty() && !matches!(names, [name] if takes_files(name)) {
        bail!(
            "test files follow the one part that runs them: `cargo xtask test node FILE…`, `test web FILE…`"
        );
    }
    files
        .iter()
        .map(|file| std::fs::canonicalize(file).with_context(|| format!("there is no test file `{file}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_brings_along_what_it_needs() {
        let names: Vec<_> = chosen(&["node"]).unwrap().iter().map(|part| part.name).collect();
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
        assert!(chosen(&["nodes"]).is_err());
    }

    #[test]
    fn files_go_to_one_part_that_takes_them_and_have_to_be_there() {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(files_of(&["web"], &[here]).unwrap().len(), 1);
        assert!(files_of(&[], &[]).unwrap().is_empty());
        for names in [&[][..], &["clippy"], &["node", "web"]] {
            assert!(files_of(names, &[here])
                .unwrap_err()
                .to_string()
                .contains("the one part"));
        }
        let missing = files_of(&["node"], &["missing.test.mjs"]).unwrap_err();
        assert!(missing.to_string().contains("`missing.test.mjs`"));
    }
}
