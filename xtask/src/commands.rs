//! The shorter commands.

use anyhow::{ensure, Result};

use crate::npm::{self, node};
use crate::process::{hand_over, run};
use crate::steps::say;
use crate::{go, tools, wasm, wasm_target, workspace};

/// Makes all that is shipped.
pub(crate) fn build() -> Result<()> {
    tools::require_node()?;
    let toolchain = wasm_target::find()?;
    wasm::build(&toolchain)?;
    npm::install()?;
    npm::build_package()?;
    npm::build_fleet()?;
    say("built: `npx --no-install wait-vm-customization --help`");
    Ok(())
}

/// Makes the status page, from what [`build`] has made.
pub(crate) fn build_page() -> Result<()> {
    tools::require_late_node()?;
    npm::build_page()
}

/// Makes the reference of the npm package from the comments of its sources; a warning is an error.
pub(crate) fn docs() -> Result<()> {
    build()?;
    npm::install_packaging_tools()?;
    run(node().args([
        "tests/package/matrix/node_modules/typedoc/bin/typedoc",
        "--options",
        "bindings/typedoc.json",
    ]))?;
    say("made: target/reference/index.html");
    Ok(())
}

/// Prints the sizes of what is shipped.
pub(crate) fn size() -> Result<()> {
    build()?;
    build_page()?;
    run(node().arg("bindings/scripts/size.mjs"))
}

/// Runs the measurements, with `args` for each of them.
pub(crate) fn bench(args: &[String]) -> Result<std::process::ExitCode> {
    let files = workspace::files("tests/bench", ".mjs");
    ensure!(
        !files.is_empty(),
        "tests/bench holds no .mjs file: nothing to measure"
    );
    build()?;
    build_page()?;
    go::build_nats_server()?;
    let chromium = tools::require_chromium()?;
    for file in files {
        say(&format!("{}", file.display()));
        run(node().arg(file).args(args).env("CHROMIUM", &chromium))?;
    }
    Ok(std::process::ExitCode::SUCCESS)
}

/// Attacks a fleet of workers; the exit status says whether it has lost, doubled or got wrong anything.
pub(crate) fn chaos(args: &[String]) -> Result<std::process::ExitCode> {
    build()?;
    go::build_nats_server()?;
    hand_over(node().arg("tests/fleet/chaos/main.mjs").args(args))
}

/// Lives through simulated worlds; the exit status says whether anything wrong was told in one.
pub(crate) fn simulate(args: &[String]) -> Result<std::process::ExitCode> {
    build()?;
    hand_over(node().arg("tests/simulation/main.mjs").args(args))
}

/// Puts faults into sources, one at a time; the exit status says whether the tests notice all but those that are explained.
pub(crate) fn mutants(args: &[String]) -> Result<std::process::ExitCode> {
    if args.iter().any(|arg| arg.starts_with("bindings/")) {
        build()?;
        npm::install_mutation_tools()?;
    }
    hand_over(node().arg("tests/mutants/main.mjs").args(args))
}

/// Takes the pictures of the status page that the README shows.
pub(crate) fn screenshots() -> Result<()> {
    build()?;
    build_page()?;
    let chromium = tools::require_chromium()?;
    run(node().arg("tests/page/screenshots.mjs").env("CHROMIUM", chromium))
}
