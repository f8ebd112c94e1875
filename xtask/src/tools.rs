//! The programs that must be on the machine before anything else: their versions, and how to get them.
//!
//! Tools that xtask brings along itself (the wasm32 target, npm packages, Go modules) are with their users.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::process::{answer_of, cargo, command, exists, run_within};
use crate::steps::say;

const NODE_MAJOR: u32 = 20;
/// What Vite needs beyond that: of Node 20 a late one, of Node 22 too.
const NODE_FOR_VITE: [(u32, u32); 2] = [(20, 19), (22, 12)];
const GO: (u32, u32) = (1, 25);
/// Names in PATH of what the browser tests can drive.
const CHROMIUMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const INSTALL_LIMIT: Duration = Duration::from_secs(180);
const APT_LIMIT: Duration = Duration::from_secs(600);

/// Node and its npm.
pub(crate) fn require_node() -> Result<()> {
    let fix = format!(
        "install Node {NODE_MAJOR} or newer with npm: https://nodejs.org/en/download, or the packages nodejs and npm of your system"
    );
    let Some(version) = answer_of(command("node").arg("--version")) else {
        return Err(Failure::new(format!("node is not there; {fix}")));
    };
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|part| part.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        return Err(Failure::new(format!("node is {version}, too old; {fix}")));
    }
    if answer_of(command("npm").arg("--version")).is_none() {
        return Err(Failure::new(format!("node is there, but npm is not; {fix}")));
    }
    Ok(())
}

/// A Node that the bundler of the status page runs in; the package itself asks for less.
pub(crate) fn require_node_for_vite() -> Result<()> {
    let version = answer_of(command("node").arg("--version")).unwrap_or_default();
    if node_version(&version).is_some_and(vite_runs_in) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "node is {version}, and Vite, which bundles the status page, needs Node 20.19 or newer, or 22.12 or newer: \
         install one from https://nodejs.org/en/download"
    )))
}

fn vite_runs_in(version: (u32, u32)) -> bool {
    let (major, minor) = version;
    match NODE_FOR_VITE.iter().find(|(known, _)| *known == major) {
        Some((_, least)) => minor >= *least,
        None => major > 22,
    }
}

/// Go, for the vCenter simulator.
pub(crate) fn require_go() -> Result<()> {
    let (major, minor) = GO;
    let fix = format!(
        "the vCenter simulator of the tests needs Go {major}.{minor} or newer: install it from https://go.dev/doc/install, \
         or the package golang-go of a recent system, and see that `go` is in PATH"
    );
    let Some(version) = answer_of(command("go").args(["env", "GOVERSION"])) else {
        return Err(Failure::new(format!("go is not there; {fix}")));
    };
    if go_version(&version).is_none_or(|found| found < GO) {
        return Err(Failure::new(format!("go is {version}, too old; {fix}")));
    }
    Ok(())
}

/// Chromium, for the tests in a browser.
pub(crate) fn require_chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Failure::new(format!(
                "CHROMIUM names {}, which is not there",
                named.display()
            )))
        };
    }
    let there = || CHROMIUMS.iter().find_map(|name| in_path(name));
    if let Some(found) = there() {
        return Ok(found);
    }
    install_debian_packages("a browser for the tests", &["chromium"]);
    there().ok_or_else(|| {
        Failure::new(
            "the tests in a browser need Chromium or Chrome: install the package chromium of your system, \
             or set CHROMIUM to the program's path",
        )
    })
}

/// Where a program is; only some of the programs that take names of programs look in PATH themselves.
fn in_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|path| path.is_file())
}

/// rustfmt and clippy; rustup may have been told to install neither.
pub(crate) fn require_rust_components() -> Result<()> {
    let there = || {
        ["fmt", "clippy"]
            .iter()
            .all(|name| answer_of(cargo().args([*name, "--version"])).is_some())
    };
    if !there() && exists("rustup") {
        say("rustfmt and clippy (rustup component add)");
        run_within(
            command("rustup").args(["component", "add", "rustfmt", "clippy"]),
            INSTALL_LIMIT,
        );
    }
    if there() {
        return Ok(());
    }
    Err(Failure::new(
        "`cargo fmt` or `cargo clippy` is not there: run `rustup component add rustfmt clippy`, \
         or install the packages rustfmt and rust-clippy of your system",
    ))
}

/// Installs packages where that is possible without asking: as root on Debian and its like. Removes none.
pub(crate) fn install_debian_packages(what: &str, packages: &[&str]) -> bool {
    let is_root = || answer_of(command("id").arg("-u")).as_deref() == Some("0");
    if switched_on("XTASK_NO_APT") || !Path::new("/usr/bin/apt-get").is_file() || !is_root() {
        return false;
    }
    say(&format!("{what} (apt-get install {})", packages.join(" ")));
    let apt = |args: &[&str]| {
        run_within(
            command("apt-get")
                .args(args)
                .env("DEBIAN_FRONTEND", "noninteractive"),
            APT_LIMIT,
        )
    };
    let install = [
        &["install", "--yes", "--no-install-recommends", "--no-remove"],
        packages,
    ]
    .concat();
    // The lists of packages may be missing (fresh images) or old; fetching them first would cost every other case.
    apt(&install) || (apt(&["update"]) && apt(&install))
}

/// Whether an environment variable is set to something other than nothing and 0.
pub(crate) fn switched_on(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0")
}

/// `v20.20.2` as (20, 20).
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `go1.26.8` as (1, 26).
fn go_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix("go")?.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    Some((major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vite_runs_in_late_releases_of_node_20_and_22_and_all_since() {
        let runs = |text| node_version(text).is_some_and(vite_runs_in);
        for good in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.0.0", "v26.10.0"] {
            assert!(runs(good), "{good}");
        }
        for bad in ["v20.18.3", "v21.7.3", "v22.11.0", "", "node"] {
            assert!(!runs(bad), "{bad}");
        }
    }

    #[test]
    fn go_versions_of_all_kinds_are_read() {
        assert_eq!(go_version("go1.26.8"), Some((1, 26)));
        assert_eq!(go_version("go1.25rc1"), Some((1, 25)));
        assert_eq!(go_version("go1.25-custom"), Some((1, 25)));
        assert_eq!(go_version("devel +abc"), None);
    }
}
