//! What compiles for wasm32 on this machine, taken in this order:
//!
//! 1. the compiler in use, when it has the target installed
//! 2. the same after `rustup target add`
//! 3. a compiler with the sources of its standard library, which is then compiled too
//! 4. the same after installing Debian's compiler for browsers (`rustc-web`) as root
//! 5. a message that names all ways

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{bail, Result};

use crate::process::{answer_of, command, exists, run_within};
use crate::steps::say;
use crate::{tools, workspace};

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);
/// Debian's compiler, whose sources of std are a package of their own.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// A cargo that can compile for wasm32.
#[derive(Debug, Clone)]
pub(crate) struct WasmToolchain {
    cargo: PathBuf,
    build_std: Option<BuildStd>,
}

/// A compiler that has std as sources only.
#[derive(Debug, Clone)]
struct BuildStd {
    rustc: PathBuf,
    linker: PathBuf,
}

impl WasmToolchain {
    /// `cargo SUBCOMMAND` for the wasm32 target; `crates` are those of std that it needs beside the usual ones.
    pub(crate) fn cargo(&self, subcommand: &str, crates: &[&str]) -> Command {
        let mut cargo = match &self.build_std {
            // `cargo clippy` looks in PATH, where rustup's may come first and start rustup's compiler.
            Some(_) if subcommand == "clippy" => command(self.clippy_beside()),
            _ => command(&self.cargo),
        };
        cargo
            .args([subcommand, "--target", TARGET, "--target-dir"])
            .arg(workspace::wasm_target_dir());
        if let Some(BuildStd { rustc, linker }) = &self.build_std {
            let crates = ["std", "panic_abort"]
                .iter()
                .chain(crates)
                .copied()
                .collect::<Vec<_>>()
                .join(",");
            cargo
                .arg(format!("-Zbuild-std={crates}"))
                // For this command alone: elsewhere rustup's cargo would run with the other compiler.
                .env("RUSTC", rustc)
                .env("CARGO", &self.cargo)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env_remove("RUSTUP_TOOLCHAIN");
        }
        cargo
    }

    /// Whether clippy exists for it; Debian has it in a package of its own.
    pub(crate) fn has_clippy(&self) -> bool {
        self.build_std.is_none() || exists(self.clippy_beside())
    }

    fn clippy_beside(&self) -> PathBuf {
        self.cargo
            .with_file_name(format!("cargo-clippy{}", std::env::consts::EXE_SUFFIX))
    }

    /// Where the results of `profile` are.
    pub(crate) fn output(profile: &str) -> PathBuf {
        workspace::wasm_target_dir().join(TARGET).join(profile)
    }
}

/// Finds or installs one.
pub(crate) fn find() -> Result<WasmToolchain> {
    let forced = std::env::var("WASM_TOOLCHAIN").is_ok_and(|value| value == "build-std");
    let own = current();
    if !forced {
        if target_is_installed() {
            return Ok(own);
        }
        if !tools::switched_on("WASM_NO_RUSTUP") && exists("rustup") {
            say("wasm32 target (rustup target add)");
            let mut add = command("rustup");
            add.args(["target", "add", TARGET]).env("RUSTUP_MAX_RETRIES", "1");
            if run_within(&mut add, RUSTUP_LIMIT) && target_is_installed() {
                return Ok(own);
            }
            say("rustup could not add the target; looking for a compiler with the sources of std");
        }
    }
    if let Some(found) = with_std_sources() {
        return Ok(found);
    }
    if tools::install_debian_packages("a Rust compiler that can build std for wasm32", &DEBIAN_PACKAGES) {
        if linker().is_none() {
            tools::install_debian_packages("the wasm linker", &["lld-19"]);
        }
        if let Some(found) = with_std_sources() {
            return Ok(found);
        }
    }
    bail!(
        "nothing on this machine compiles for {TARGET}; one of these helps:\n\
         \x20 rustup target add {TARGET}\n\
         \x20 rustup component add rust-src                  (std is then compiled from its sources)\n\
         \x20 apt-get install libstd-rust-dev-wasm32         (Debian, beside its rustc)\n\
         \x20 apt-get install {} lld-19   (Debian, in place of its rustc)",
        DEBIAN_PACKAGES.join(" ")
    )
}

fn current() -> WasmToolchain {
    let cargo = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
    WasmToolchain {
        cargo,
        build_std: None,
    }
}

/// Asks the compiler and looks whether the folder it names holds a core library; works without rustup too.
fn target_is_installed() -> bool {
    answer_of(command("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .is_some_and(|mut files| {
            files
                .any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
        })
}

fn with_std_sources() -> Option<WasmToolchain> {
    let linker = linker()?;
    let own = current();
    [
        (PathBuf::from("rustc"), own.cargo),
        (DEBIAN_RUSTC.into(), DEBIAN_CARGO.into()),
    ]
    .into_iter()
    .find(|(rustc, cargo)| exists(cargo) && has_std_sources(rustc))
    .map(|(rustc, cargo)| {
        say(&format!(
            "wasm32: std is compiled from its sources by {}",
            rustc.display()
        ));
        WasmToolchain {
            cargo,
            build_std: Some(BuildStd { rustc, linker }),
        }
    })
}

fn has_std_sources(rustc: &Path) -> bool {
    answer_of(command(rustc).args(["--print", "sysroot"])).is_some_and(|sysroot| {
        Path::new(&sysroot)
            .join("lib/rustlib/src/rust/library/std/Cargo.toml")
            .is_file()
    })
}

/// The wasm linker: of any Rust toolchain that has one, else of LLVM. Debian's compiler comes without.
fn linker() -> Option<PathBuf> {
    sysroots()
        .into_iter()
        .find_map(|sysroot| rust_lld(&sysroot))
        .or_else(|| {
            let names = std::iter::once("wasm-ld".to_owned())
                .chain((15..=30).rev().map(|version| format!("wasm-ld-{version}")));
            names.map(PathBuf::from).find(|name| exists(name))
        })
}

fn sysroots() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = answer_of(command("rustc").args(["--print", "sysroot"]))
        .map(PathBuf::from)
        .into_iter()
        .collect();
    let rustup = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = std::env::home_dir().map(|home| home.join(".rustup"));
    if let Some(toolchains) = rustup
        .or(home)
        .and_then(|folder| std::fs::read_dir(folder.join("toolchains")).ok())
    {
        found.extend(toolchains.flatten().map(|entry| entry.path()));
    }
    found
}

fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    let name = format!("bin/rust-lld{}", std::env::consts::EXE_SUFFIX);
    hosts
        .flatten()
        .map(|host| host.path().join(&name))
        .find(|path| path.is_file())
}
