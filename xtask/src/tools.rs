//! The programs that must be on the machine before anything else: their versions, and how to get them.
//!
//! Tools that xtask brings along itself (the wasm32 target, npm packages, Go modules) are with their users.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, ensure, Context, Result};
use semver::{Version, VersionReq};

use crate::process::{answer_of, cargo, command, exists, run_within};
use crate::steps::say;

const NODE: &str = ">=20";
/// What Vite needs beyond that: of Node 20 a late one, of Node 22 too, and any that is newer.
const LATE_NODE: [&str; 2] = ["^20.19", ">=22.12"];
const GO: &str = ">=1.25";
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
    let fix = "install Node 20 or newer with npm: https://nodejs.org/en/download, or the packages nodejs and npm of your system";
    require("node", &["--version"], &[NODE], fix)?;
    ensure!(
        answer_of(command("npm").arg("--version")).is_some(),
        "node is there, but npm is not; {fix}"
    );
    Ok(())
}

/// A Node for the tests and for the bundler of the status page; the package itself asks for less.
pub(crate) fn require_late_node() -> Result<()> {
    let fix =
        "the tests, and Vite, which bundles the status page, need Node 20.19 or newer, or 22.12 or newer: \
               install one from https://nodejs.org/en/download";
    require("node", &["--version"], &LATE_NODE, fix)
}

/// Go, for the vCenter simulator and nats-server.
pub(crate) fn require_go() -> Result<()> {
    let fix = "the vCenter simulator and nats-server of the tests need Go 1.25 or newer: install it from https://go.dev/doc/install, \
               or the package golang-go of a recent system, and see that `go` is in PATH";
    require("go", &["env", "GOVERSION"], &[GO], fix)
}

/// A program whose version, as `args` print it, one of `wanted` allows.
fn require(program: &str, args: &[&str], wanted: &[&str], fix: &str) -> Result<()> {
    let answer =
        answer_of(command(program).args(args)).with_context(|| format!("{program} is not there; {fix}"))?;
    ensure!(
        is_one_of(&answer, wanted),
        "{program} is {answer}, too old; {fix}"
    );
    Ok(())
}

fn is_one_of(answer: &str, wanted: &[&str]) -> bool {
    let allows = |version: &Version| {
        wanted
            .iter()
            .any(|wanted| VersionReq::parse(wanted).is_ok_and(|wanted| wanted.matches(version)))
    };
    version_in(answer).as_ref().is_some_and(allows)
}

/// The first version in what a program says of itself, `v20.20.2`, `go1.25rc1` or `version 132`; what it leaves out is 0.
pub(crate) fn version_in(text: &str) -> Option<Version> {
    let is_digit = |c: char| c.is_ascii_digit();
    let (_, from) = text.split_at(text.find(is_digit)?);
    let mut numbers = from
        .split(|c| !is_digit(c) && c != '.')
        .next()?
        .split('.')
        .map_while(|number| number.parse().ok());
    let mut next = || numbers.next();
    Some(Version::new(next()?, next().unwrap_or(0), next().unwrap_or(0)))
}

/// Chromium, for the tests in a browser.
pub(crate) fn require_chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        ensure!(
            named.is_file(),
            "CHROMIUM names {}, which is not there",
            named.display()
        );
        return Ok(named);
    }
    let there = || CHROMIUMS.iter().find_map(|name| in_path(name));
    if let Some(found) = there() {
        return Ok(found);
    }
    install_debian_packages("a browser for the tests", &["chromium"]);
    there().context(
        "the tests in a browser need Chromium or Chrome: install the package chromium of your system, \
         or set CHROMIUM to the program's path",
    )
}

/// Where a program is; only some of the programs that take names of programs look in PATH themselves.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
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
    bail!(
        "`cargo fmt` or `cargo clippy` is not there: run `rustup component add rustfmt clippy`, \
         or install the packages rustfmt and rust-clippy of your system"
    )
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

/// Whether an environment variable is set to something other than nothing, 0 and false.
pub(crate) fn switched_on(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_releases_of_node_20_and_22_and_all_since_will_do() {
        for good in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.0.0", "v26.10.0"] {
            assert!(is_one_of(good, &LATE_NODE), "{good}");
        }
        for bad in ["v20.18.3", "v21.7.3", "v22.11.0", "", "node"] {
            assert!(!is_one_of(bad, &LATE_NODE), "{bad}");
        }
    }

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (text, version) in [
            ("go1.26.8", (1, 26, 8)),
            ("go1.25rc1", (1, 25, 0)),
            ("go1.25-custom", (1, 25, 0)),
            ("v20.20.2", (20, 20, 2)),
            ("wasm-opt version 132 (version_132)", (132, 0, 0)),
        ] {
            assert_eq!(
                version_in(text),
                Some(Version::new(version.0, version.1, version.2)),
                "{text}"
            );
        }
        assert_eq!(version_in("devel +abc"), None);
    }
}
