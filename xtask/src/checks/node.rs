//! The parts of the tests that run in Node.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::npm::{self, node, npm};
use crate::process::{run, run_seeing};
use crate::report::Counts;
use crate::{tools, workspace};

/// Where tests are; each file ends in `.test.mjs`.
const FOLDERS: [&str; 2] = ["bindings/test", "tests/node"];

/// biome.
pub(super) fn lint(_: &mut Counts) -> Result<()> {
    let mut biome = node();
    biome.args(["node_modules/@biomejs/biome/bin/biome", "check", "."]);
    if !std::io::stdout().is_terminal() {
        // In a log its colours are more bytes than its words.
        biome.arg("--colors=off");
    }
    run(&mut biome)
        .map_err(|failure| Failure::new(format!("{failure}; `npm run format` puts most of it right")))
}

/// The compiler's checks of the sources and, in JavaScript, of the tests.
pub(super) fn types(_: &mut Counts) -> Result<()> {
    for workspace in ["bindings", "web-demo"] {
        run(npm().args(["run", "--workspace", workspace, "check"]))?;
    }
    Ok(())
}

/// node:test.
pub(super) fn test(counts: &mut Counts) -> Result<()> {
    let files: Vec<_> = FOLDERS
        .iter()
        .flat_map(|folder| workspace::files(folder, ".test.mjs"))
        .collect();
    run_files(&mut node(), &files, counts)
}

/// The status page, as people see it.
pub(super) fn web(counts: &mut Counts) -> Result<()> {
    let chromium = tools::require_chromium()?;
    let files = workspace::files("tests/web", ".test.mjs");
    run_files(node().env("CHROMIUM", chromium), &files, counts)
}

/// What becomes of the package at its users'.
pub(super) fn packaging(counts: &mut Counts) -> Result<()> {
    let chromium = tools::require_chromium()?;
    npm::install_packaging_tools()?;
    let files = workspace::files("tests/packaging", ".test.mjs");
    run_files(node().env("CHROMIUM", chromium), &files, counts)
}

fn run_files(node: &mut Command, files: &[PathBuf], counts: &mut Counts) -> Result<()> {
    // `node --test` without files looks for some of its own.
    if files.is_empty() {
        return Err(Failure::new("no tests found: there is no .test.mjs file"));
    }
    run_seeing(
        node.args(["--test", "--test-reporter=spec"]).args(files),
        |line| counts.see_node(line),
    )
}
