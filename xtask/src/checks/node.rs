//! The parts of the tests that run in Node.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{ensure, Context, Result};

use crate::npm::{self, node, npm};
use crate::process::{run, run_seeing};
use crate::report::Counts;
use crate::{tools, wasm, wasm_target, workspace};

/// biome.
pub(super) fn lint(_: &mut Counts) -> Result<()> {
    let mut biome = node();
    biome.args(["node_modules/@biomejs/biome/bin/biome", "check", "."]);
    if !std::io::stdout().is_terminal() {
        // In a log its colours are more bytes than its words.
        biome.arg("--colors=off");
    }
    run(&mut biome).context("`npm run format` puts most of it right")
}

/// The compiler's checks of the sources and, in JavaScript, of the tests.
pub(super) fn types(_: &mut Counts) -> Result<()> {
    for workspace in ["bindings", "web-demo"] {
        run(npm().args(["run", "--workspace", workspace, "check"]))?;
    }
    Ok(())
}

/// node:test.
pub(super) fn test(files: &[PathBuf], counts: &mut Counts) -> Result<()> {
    run_files(&mut node(), files, &["bindings/test", "tests/node"], counts)
}

/// The core as WebAssembly, where arithmetic that runs over stops it: what ships would go on with a wrong number.
pub(super) fn checked_core(files: &[PathBuf], counts: &mut Counts) -> Result<()> {
    let folder = wasm::build_checked(&wasm_target::find()?)?;
    run_files(
        node().env("CHECKED_CORE", folder),
        files,
        &["tests/checked-core"],
        counts,
    )
}

/// The status page, as people see it.
pub(super) fn web(files: &[PathBuf], counts: &mut Counts) -> Result<()> {
    let chromium = tools::require_chromium()?;
    run_files(node().env("CHROMIUM", chromium), files, &["tests/web"], counts)
}

/// What becomes of the package at its users'.
pub(super) fn packaging(files: &[PathBuf], counts: &mut Counts) -> Result<()> {
    let chromium = tools::require_chromium()?;
    npm::install_packaging_tools()?;
    run_files(
        node().env("CHROMIUM", chromium),
        files,
        &["tests/packaging"],
        counts,
    )
}

/// Runs `files`, or without any all tests right in `folders`.
fn run_files(node: &mut Command, files: &[PathBuf], folders: &[&str], counts: &mut Counts) -> Result<()> {
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
    run_seeing(
        node.args(["--test", "--test-reporter=spec"]).args(files),
        |line| counts.see_node(line),
    )
}
