//! The parts of the tests that run in Node.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{ensure, Context, Result};

use crate::npm::{self, node, npm};
use crate::process::run;
use crate::stamp::Work;
use crate::{tools, wasm, wasm_target, workspace};

/// Three files at a time, since most wait half of their time; and a file that leaves something open ends, as failed.
const WAITING: [&str; 2] = ["--test-concurrency=3", "--test-timeout=420000"];
/// For files that wait for nothing, but give way to others. What they make and drop is collected in larger portions, which
/// takes a fifth of their time less.
const WORKING: [&str; 3] = [
    "--test-concurrency=2",
    "--test-timeout=1200000",
    "--max-semi-space-size=64",
];

/// biome.
pub(super) fn lint() -> Result<()> {
    let mut biome = node();
    biome.args(["node_modules/@biomejs/biome/bin/biome", "check", "."]);
    if !std::io::stdout().is_terminal() {
        // In a log its colours are more bytes than its words.
        biome.arg("--colors=off");
    }
    run(&mut biome).context("`npm run format` puts most of it right")
}

/// The compiler's checks of the sources and, in JavaScript, of the tests.
pub(super) fn types() -> Result<()> {
    for workspace in ["bindings", "bindings/fleet", "web-demo"] {
        run(npm().args(["run", "--workspace", workspace, "check"]))?;
    }
    Ok(())
}

/// node:test.
pub(super) fn test(files: &[PathBuf]) -> Result<()> {
    let rooms = [
        "bindings/test",
        "tests/wire",
        "tests/vcenter",
        "tests/command",
        "tests/package",
        "tests/demo",
    ];
    run_files(&mut node(), &WAITING, files, &rooms)
}

/// Models, every fault of every call, months of waits and large documents: they take no time but the processor's, and meet no
/// deadline.
pub(super) fn stepped(files: &[PathBuf]) -> Result<()> {
    let rooms = [
        "tests/vcenter/fault-matrix",
        "bindings/test/soak",
        "tests/conformance",
        "tests/shipped",
        "tests/fuzz",
    ];
    run_files(&mut node(), &WORKING, files, &rooms)
}

/// The simulators' own tests, which nothing else can break: in CI always, elsewhere when a simulator has changed.
pub(super) fn simulators(files: &[PathBuf]) -> Result<()> {
    let run = || run_files(&mut node(), &WAITING, files, &["tests/simulators"]);
    if !files.is_empty() || tools::switched_on("CI") {
        return run();
    }
    let work = Work {
        makes: "simulators tested",
        inputs: &["tests/simulators", "package-lock.json"],
        outputs: &[],
        also: "",
    };
    work.unless_done(run)
}

/// Worlds from fixed seeds: `cargo xtask simulate` has more of them.
pub(super) fn simulation(files: &[PathBuf]) -> Result<()> {
    run_files(&mut node(), &WORKING, files, &["tests/simulation"])
}

/// The core as WebAssembly, where arithmetic that runs over stops it: what ships would go on with a wrong number.
pub(super) fn checked_core(files: &[PathBuf]) -> Result<()> {
    let folder = wasm::build_checked(&wasm_target::find()?)?;
    run_files(
        node().env("CHECKED_CORE", folder),
        &WORKING,
        files,
        &["tests/conformance/checked-core"],
    )
}

/// The status page, as people see it.
pub(super) fn web(files: &[PathBuf]) -> Result<()> {
    let chromium = tools::require_chromium()?;
    run_files(node().env("CHROMIUM", chromium), &WAITING, files, &["tests/page"])
}

/// The workers of many machines, on real NATS servers.
pub(super) fn fleet(files: &[PathBuf]) -> Result<()> {
    run_files(
        &mut node(),
        &WAITING,
        files,
        &["bindings/fleet/test", "tests/fleet"],
    )
}

/// What becomes of the package at its users'.
pub(super) fn packaging(files: &[PathBuf]) -> Result<()> {
    let chromium = tools::require_chromium()?;
    npm::install_packaging_tools()?;
    run_files(
        node().env("CHROMIUM", chromium),
        &WAITING,
        files,
        &["tests/package/matrix"],
    )
}

/// Runs `files`, or without any all tests right in `folders`.
fn run_files(node: &mut Command, limits: &[&str], files: &[PathBuf], folders: &[&str]) -> Result<()> {
    tools::require_late_node()?;
    let all = || {
        folders
            .iter()
            .flat_map(|folder| workspace::files(folder, ".test.mjs"))
            .collect()
    };
    let files = if files.is_empty() { all() } else { files.to_vec() };
    // `node --test` without files looks for some of its own.
    ensure!(
        !files.is_empty(),
        "there is no .test.mjs file in {}",
        folders.join(" or ")
    );
    run(node
        .args(["--test", "--test-reporter=spec"])
        .args(limits)
        .args(files))
}
