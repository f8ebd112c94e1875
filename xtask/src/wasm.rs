//! The WebAssembly core: compiled, given its JavaScript glue, and made smaller where a tool for that is there.

use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::failure::{Context, Failure, Result};
use crate::process::{answer_of, command, run};
use crate::stamp::Work;
use crate::steps::say;
use crate::wasm_target::WasmToolchain;
use crate::workspace;

const GENERATED: &str = "bindings/generated";
const COMPILED: &str = "vm_customization_wasm.wasm";
/// What the glue itself exports.
const TYPES: &str = "export * from './core.js';\nexport function __wbg_set_wasm(exports: object): void;\n";
/// Older ones than this do not know all features that Rust's output uses.
const WASM_OPT_MINIMUM: u32 = 120;

/// Makes `bindings/generated`.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<()> {
    say("core for WebAssembly (cargo build)");
    run(toolchain
        .cargo("build", &[])
        .args(["--package", "vm-customization-wasm", "--profile", "wasm"]))?;
    let compiled = WasmToolchain::output("wasm").join(COMPILED);
    let Some(input) = compiled.to_str() else {
        return Err(Failure::new(format!(
            "{} is not UTF-8: move the repository",
            compiled.display()
        )));
    };
    let optimizer = WasmOpt::find();
    let work = Work {
        name: "wasm-glue",
        inputs: &[input],
        outputs: &[GENERATED],
        also: &format!("{optimizer:?} {} {TYPES}", env!("CARGO_PKG_VERSION")),
    };
    let done = work.unless_done(|| {
        say("JavaScript glue (wasm-bindgen)");
        glue(&compiled)?;
        if let Some(optimizer) = &optimizer {
            say(&format!("wasm-opt {}", optimizer.version));
            optimizer.run(&workspace::at(GENERATED).join("core_bg.wasm"));
        }
        Ok(())
    })?;
    if !done {
        say("JavaScript glue: unchanged");
    }
    Ok(())
}

fn glue(compiled: &Path) -> Result<()> {
    let folder = workspace::at(GENERATED);
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
                .generate(&folder)
        })
        .context(|| format!("wasm-bindgen could not make {}", folder.display()))?;
    // The types beside it are those of the file that imports WebAssembly as a module, which few hosts can.
    let types = folder.join("core_bg.d.ts");
    std::fs::write(&types, TYPES).context(|| format!("{} could not be written", types.display()))
}

/// binaryen's optimizer, when it is in PATH. It changes what is transferred by 2 % at most, so nothing depends on it.
#[derive(Debug)]
struct WasmOpt {
    version: u32,
}

impl WasmOpt {
    fn find() -> Option<Self> {
        // "wasm-opt version 132 (version_132)"
        let text = answer_of(command("wasm-opt").arg("--version"))?;
        let version = text.split_whitespace().find_map(|word| word.parse().ok())?;
        (version >= WASM_OPT_MINIMUM).then_some(Self { version })
    }

    /// Leaves the file as it is when the tool fails.
    fn run(&self, file: &Path) {
        let smaller = file.with_extension("opt");
        // No feature flags: it reads from the file what may be used. All features at once would give a file that
        // Node 20 refuses.
        let outcome = run(command("wasm-opt").arg("-O3").arg(file).arg("-o").arg(&smaller)).and_then(|()| {
            std::fs::rename(&smaller, file).context(|| format!("{} could not be replaced", file.display()))
        });
        if let Err(failure) = outcome {
            say(&format!("{failure}; going on without wasm-opt {}", self.version));
            // It may never have been written.
            let _ = std::fs::remove_file(&smaller);
        }
    }
}
