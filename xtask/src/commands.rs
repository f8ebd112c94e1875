//! The shorter commands.

use crate::failure::{Failure, Result};
use crate::npm::{self, node};
use crate::process::run;
use crate::steps::say;
use crate::{tools, wasm, wasm_target, workspace};

/// Makes all that is shipped.
pub(crate) fn build() -> Result<()> {
    tools::require_node()?;
    let toolchain = wasm_target::find()?;
    wasm::build(&toolchain)?;
    npm::install()?;
    npm::build_package()?;
    say("built: `npx --no-install wait-vm-customization --help`");
    Ok(())
}

/// Prints the sizes of what is shipped.
pub(crate) fn size() -> Result<()> {
    build()?;
    run(node().arg("bindings/scripts/size.mjs"))
}

/// Runs the measurements, with `args` for each of them.
pub(crate) fn bench(args: &[String]) -> Result<std::process::ExitCode> {
    let files = workspace::files("tests/bench", ".mjs");
    if files.is_empty() {
        return Err(Failure::new(
            "there are no measurements yet: tests/bench holds no .mjs file",
        ));
    }
    build()?;
    for file in files {
        say(&format!("{}", file.display()));
        run(node().arg(file).args(args))?;
    }
    Ok(std::process::ExitCode::SUCCESS)
}
