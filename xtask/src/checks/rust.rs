//! The parts of the tests that look at Rust.

use anyhow::{ensure, Context, Result};
use serde_json::Value;

use crate::npm::node;
use crate::process::{cargo, run, text_of};
use crate::steps::say;
use crate::{tools, wasm_target};

pub(super) const CORE: &str = "vm-customization";
const SKIN: &str = "vm-customization-wasm";
const TESTS: &str = "vm-customization-tests";

/// rustfmt.
pub(super) fn fmt() -> Result<()> {
    tools::require_rust_components()?;
    run(cargo().args(["fmt", "--all", "--check"])).context("`cargo fmt --all` puts it right")
}

/// Other crates of the workspace can give the core's dependencies features that it must not have: alone it shows. The
/// example is what plays recordings natively for the tests in Node.
pub(super) fn core_alone() -> Result<()> {
    run(cargo().args(["build", "--release", "--package", CORE, "--example", "replay"]))?;
    for package in [CORE, SKIN] {
        let tree = text_of(cargo().args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal,features",
            "--prefix",
            "none",
        ]))?;
        for feature in ["clock", "now", "wasmbind", "std"] {
            let line = format!("chrono feature \"{feature}\"");
            ensure!(
                !tree.lines().any(|found| found.trim_start().starts_with(&line)),
                "chrono has the feature `{feature}` in {package}: a decision could depend on a clock; \
                 `cargo tree -p {package} -e features -i chrono` shows who asks for it"
            );
        }
    }
    Ok(())
}

/// clippy, native.
pub(super) fn clippy() -> Result<()> {
    tools::require_rust_components()?;
    run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// clippy for the target that ships.
pub(super) fn clippy_wasm() -> Result<()> {
    let toolchain = wasm_target::find()?;
    if !toolchain.has_clippy() {
        tools::install_debian_packages("clippy for wasm32", &["rust-web-clippy"]);
    }
    ensure!(
        toolchain.has_clippy(),
        "clippy for wasm32 is not there: apt-get install rust-web-clippy"
    );
    run(toolchain.cargo("clippy", &[]).args([
        "--package",
        CORE,
        "--package",
        SKIN,
        "--profile",
        "wasm",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// A module that imports nothing can reach nothing: no clock, no files, no network.
pub(super) fn no_imports() -> Result<()> {
    let toolchain = wasm_target::find()?;
    let messages = text_of(toolchain.cargo("test", &["test"]).args([
        "--package",
        CORE,
        "--lib",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]))?;
    let module = messages
        .lines()
        .find_map(executable)
        .context("`cargo test --no-run` for wasm32 named no module")?;
    say(&module);
    let script = "const [path] = process.argv.slice(1); \
                  const imports = WebAssembly.Module.imports(new WebAssembly.Module(require('fs').readFileSync(path))); \
                  if (imports.length > 0) { console.error('the core imports', imports); process.exit(1); }";
    run(node().args(["--eval", script, &module]))
        .context("the core for wasm32 has imports, see above: something in it reaches outside")
}

/// The `executable` of one of cargo's JSON messages.
fn executable(message: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(String::from)
}

/// All native tests, but for what others run: the core's doc tests come with its package.
pub(super) fn test() -> Result<()> {
    let test = |args: &[&str]| run(cargo().args(["test", "--no-fail-fast"]).args(args));
    let parts = [
        // What the workspace has by default. Together with xtask it would compile the glue's generator once more.
        test(&["--tests"]),
        test(&["--package", TESTS, "--doc"]),
        // As it is built already.
        test(&["--package", "xtask", "--profile", "dev"]),
    ];
    parts.into_iter().collect()
}

/// What ships, as it is optimised: with checks and without optimisation the largest documents take minutes.
pub(super) fn shipped() -> Result<()> {
    run(cargo().args(["test", "--release", "--package", "vm-customization-shipped"]))
}

/// Documentation.
pub(super) fn docs() -> Result<()> {
    run(cargo()
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny warnings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_in_cargos_messages() {
        assert_eq!(
            executable(r#"{"reason":"compiler-artifact","executable":null,"fresh":true}"#),
            None
        );
        assert_eq!(
            executable(r#"{"executable":"/x/core.wasm","fresh":true}"#).unwrap(),
            "/x/core.wasm"
        );
    }
}
