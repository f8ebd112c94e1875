//! The WebAssembly core: compiled, given its JavaScript glue, and made smaller where a tool for that is there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use semver::Version;
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{answer_of, command, run};
use crate::stamp::Work;
use crate::steps::say;
use crate::tools::version_in;
use crate::wasm_target::WasmToolchain;
use crate::workspace;

const GENERATED: &str = "bindings/generated";
const CHECKED: &str = "target/checked-core";
const COMPILED: &str = "vm_customization_wasm.wasm";
/// What the glue itself exports.
const TYPES: &str = "export * from './core.js';\nexport function __wbg_set_wasm(exports: object): void;\n";
/// Older ones than this do not know all features that Rust's output uses.
const WASM_OPT_MINIMUM: u64 = 120;

/// Makes `bindings/generated`.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<()> {
    say("core for WebAssembly (cargo build)");
    run(toolchain
        .cargo("build", &[])
        .args(["--package", "vm-customization-wasm", "--profile", "wasm"]))?;
    let compiled = WasmToolchain::output("wasm").join(COMPILED);
    let optimizer = wasm_opt();
    let work = Work {
        makes: "JavaScript glue",
        inputs: &[text_of(&compiled)?],
        outputs: &[GENERATED],
        also: &format!("{optimizer:?} {} {TYPES}", env!("CARGO_PKG_VERSION")),
    };
    work.unless_done(|| {
        glue(&compiled, &workspace::at(GENERATED))?;
        if let Some(version) = &optimizer {
            say(&format!("wasm-opt {}", version.major));
            optimize(&workspace::at(GENERATED).join("core_bg.wasm"));
        }
        Ok(())
    })
}

/// Makes a core for tests, not optimized and with overflow checks, and answers the folder that it is in.
pub(crate) fn build_checked(toolchain: &WasmToolchain) -> Result<PathBuf> {
    say("core for WebAssembly with overflow checks (cargo build)");
    run(toolchain
        .cargo("build", &[])
        .args(["--package", "vm-customization-wasm"]))?;
    let compiled = WasmToolchain::output("debug").join(COMPILED);
    let folder = workspace::at(CHECKED);
    let work = Work {
        makes: "JavaScript glue of the checked core",
        inputs: &[text_of(&compiled)?],
        outputs: &[CHECKED],
        also: "",
    };
    work.unless_done(|| glue(&compiled, &folder))?;
    Ok(folder)
}

fn text_of(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not UTF-8: move the repository", path.display()))
}

fn glue(compiled: &Path, folder: &Path) -> Result<()> {
    // Names of functions are a tenth of the file and would only be seen in the stack of a trap.
    Bindgen::new()
        .input_path(compiled)
        .out_name("core")
        .bundler(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(true)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder)
        })
        .with_context(|| format!("wasm-bindgen could not make {}", folder.display()))?;
    // The types beside it are those of the file that imports WebAssembly as a module, which few hosts can.
    let types = folder.join("core_bg.d.ts");
    std::fs::write(&types, TYPES).with_context(|| format!("{} could not be written", types.display()))
}

/// The version of binaryen's optimizer, when one is in PATH that can be used. It changes what is transferred by 2 % at
/// most, so nothing depends on it.
fn wasm_opt() -> Option<Version> {
    let version = version_in(&answer_of(command("wasm-opt").arg("--version"))?)?;
    (version.major >= WASM_OPT_MINIMUM).then_some(version)
}

/// Leaves the file as it is when the tool fails.
fn optimize(file: &Path) {
    let smaller = file.with_extension("opt");
    // No feature flags: it reads from the file what may be used. All features at once would give a file that
    // Node 20 refuses.
    let outcome = run(command("wasm-opt").arg("-O3").arg(file).arg("-o").arg(&smaller)).and_then(|()| {
        std::fs::rename(&smaller, file).with_context(|| format!("{} could not be replaced", file.display()))
    });
    if let Err(failure) = outcome {
        say(&format!("{failure:#}; going on without wasm-opt"));
        // It may never have been written.
        let _ = std::fs::remove_file(&smaller);
    }
}
