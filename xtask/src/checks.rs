//! `cargo xtask test`: the parts, what they need, and the order they begin in.

mod node;
mod publish;
mod rust;
mod rust_version;
mod schedule;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{bail, Context, Result};

use crate::{commands, go};
use Resource::{Deadlines, NativeBuild, Processor, WasmBuild};

/// One part. Each runs in a process of its own.
struct Part {
    name: &'static str,
    about: &'static str,
    /// The parts that must have passed before.
    needs: &'static [&'static str],
    uses: Option<Resource>,
    run: Run,
}

/// What one part at a time may use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resource {
    /// The folder where cargo compiles for this machine. It locks it: a second part would only wait.
    NativeBuild,
    /// The one where it compiles for WebAssembly.
    WasmBuild,
    /// Nothing but the processor, all the time: simulated worlds.
    Processor,
    /// Deadlines to meet. Beside such tests something runs that has none, and gives way to them.
    Deadlines,
}

/// What a part does.
enum Run {
    Whole(fn() -> Result<()>),
    /// Runs the test files given, or all of its own.
    Files(fn(&[PathBuf]) -> Result<()>),
}

const fn part(name: &'static str, about: &'static str, needs: &'static [&'static str], run: Run) -> Part {
    Part {
        name,
        about,
        needs,
        uses: None,
        run,
    }
}

const fn using(resource: Resource, part: Part) -> Part {
    Part {
        uses: Some(resource),
        ..part
    }
}

/// In the order they begin: what is quick to fail, then what others need, then what takes longest.
#[rustfmt::skip]
const PARTS: &[Part] = &[
    part("fmt", "Rust is formatted", &[], Run::Whole(rust::fmt)),
    part("rust-version", "no crate needs a newer Rust than it says", &[], Run::Whole(rust_version::check)),
    using(WasmBuild, part("build", "what is shipped, as `cargo xtask build` makes it", &[], Run::Whole(commands::build))),
    using(NativeBuild, part("core-alone", "the core compiles by itself and has no clock", &[], Run::Whole(rust::core_alone))),
    using(NativeBuild, part("clippy", "clippy, all crates and targets", &[], Run::Whole(rust::clippy))),
    part("lint", "JavaScript and TypeScript, format and lint", &["build"], Run::Whole(node::lint)),
    part("page", "the status page, bundled", &["build"], Run::Whole(commands::build_page)),
    part("types", "TypeScript types", &["build"], Run::Whole(node::types)),
    part("vcsim", "the vCenter simulator: go vet and build", &[], Run::Whole(go::check_vcsim)),
    part("nats", "nats-server: go build", &[], Run::Whole(go::build_nats_server)),
    part("manifests", "the Kubernetes manifests, by the types of Kubernetes", &[], Run::Whole(go::test_manifests)),
    using(Deadlines, part("simulators", "the vCenter simulators' own tests, when one has changed", &["build", "vcsim"], Run::Files(node::simulators))),
    using(Deadlines, part("node", "node --test", &["build", "page", "vcsim"], Run::Files(node::test))),
    using(Processor, part("simulation", "VMs of simulated worlds, of which nothing wrong is told", &["build"], Run::Files(node::simulation))),
    using(Processor, part("stepped", "models, every fault of every call, months of waits, large documents: no deadline", &["build", "core-alone"], Run::Files(node::stepped))),
    using(Deadlines, part("web", "the status page in Chromium", &["build", "page", "vcsim"], Run::Files(node::web))),
    using(Deadlines, part("fleet", "workers on NATS, killed and started", &["build", "vcsim", "nats"], Run::Files(node::fleet))),
    using(NativeBuild, part("rust", "cargo test, but for the core's doc tests", &[], Run::Whole(rust::test))),
    using(NativeBuild, part("shipped", "what growing documents take of what ships: instructions, and memory up to 64 MiB", &["build"], Run::Whole(rust::shipped))),
    part("packaging", "the packed package in runtimes, bundlers, frameworks and Chromium; its API", &["build", "page", "vcsim"], Run::Files(node::packaging)),
    using(NativeBuild, part("docs", "rustdoc without warnings", &[], Run::Whole(rust::docs))),
    using(NativeBuild, part("crate", "the core as crates.io would have it, and its doc tests", &[], Run::Whole(publish::check))),
    using(WasmBuild, part("clippy-wasm", "clippy for wasm32, core and skin", &[], Run::Whole(rust::clippy_wasm))),
    using(WasmBuild, part("no-imports", "the core's tests for wasm32 import nothing", &[], Run::Whole(rust::no_imports))),
    using(WasmBuild, part("checked-core", "the core as WebAssembly with overflow checks", &[], Run::Files(node::checked_core))),
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
    let files = files_of(&names, &files)?;
    let well = schedule::run(chosen(&names)?, &files)?;
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the part that `args` name first, with the files after it: what [`run`] starts for each.
pub(crate) fn run_part(args: &[String]) -> Result<ExitCode> {
    let (name, files) = args.split_first().context("no part is named")?;
    let part = PARTS
        .iter()
        .find(|part| part.name == name)
        .context("there is no such part")?;
    match part.run {
        Run::Whole(run) => run()?,
        Run::Files(run) => run(&files.iter().map(PathBuf::from).collect::<Vec<_>>())?,
    }
    Ok(ExitCode::SUCCESS)
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
    use crate::{tools, workspace};

    #[test]
    fn a_part_brings_along_what_it_needs() {
        let names: Vec<_> = chosen(&["node"]).unwrap().iter().map(|part| part.name).collect();
        assert_eq!(names, ["build", "page", "vcsim", "node"]);
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

    /// What `.ci/run` says on a machine that has nothing but what it uses itself, and a cargo that prints `cargo`.
    #[cfg(unix)]
    fn told_on_a_bare_machine(cargo: &str) -> String {
        let bare = workspace::at("target/xtask/bare");
        let _ = std::fs::remove_dir_all(&bare);
        std::fs::create_dir_all(&bare).unwrap();
        for program in ["dirname", "cut", "sort"] {
            std::os::unix::fs::symlink(tools::in_path(program).unwrap(), bare.join(program)).unwrap();
        }
        let script = bare.join("cargo");
        std::fs::write(&script, format!("#!/bin/sh\necho '{cargo}'\n")).unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let output = std::process::Command::new("/bin/bash")
            .arg(workspace::at(".ci/run"))
            .env_clear()
            .envs([("PATH", &bare), ("HOME", &bare)])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn ci_run_names_all_that_a_bare_machine_lacks_with_the_way_to_get_it() {
        for (cargo, is_told) in [
            ("", true),
            ("cargo 1.87.9 (x)", true),
            ("cargo 1.88.0 (x)", false),
            ("cargo 1.100.0 (x)", false),
        ] {
            let told = told_on_a_bare_machine(cargo);
            assert_eq!(told.contains("https://rustup.rs"), is_told, "{cargo}: {told}");
            for fix in ["install gcc", "https://nodejs.org", "npm is not there"] {
                assert!(told.contains(fix), "{fix}: {told}");
            }
        }
    }
}
