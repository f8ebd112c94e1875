//! The JavaScript side: npm packages by the lock file, and the package we publish.

use std::process::Command;

use anyhow::Result;

use crate::process::{command, run};
use crate::stamp::Work;
use crate::workspace;

/// Installs what the lock file names, when `node_modules` is not of this lock file.
pub(crate) fn install() -> Result<()> {
    let work = Work {
        makes: "npm packages",
        inputs: &[
            "package.json",
            "package-lock.json",
            "bindings/package.json",
            "bindings/fleet/package.json",
            "web-demo/package.json",
        ],
        // npm's own record of what it put there.
        outputs: &["node_modules/.package-lock.json"],
        also: "",
    };
    work.unless_done(|| install_by_lock_file(&mut npm()))
}

/// The same for what the package is tried with: bundlers, other versions of Node, other runtimes, and what documents it.
pub(crate) fn install_packaging_tools() -> Result<()> {
    let work = Work {
        makes: "packaging tools",
        inputs: &[
            "tests/package/matrix/package.json",
            "tests/package/matrix/package-lock.json",
        ],
        outputs: &["tests/package/matrix/node_modules/.package-lock.json"],
        also: "",
    };
    work.unless_done(|| install_by_lock_file(npm().current_dir(workspace::at("tests/package/matrix"))))
}

/// The same for what puts faults into TypeScript.
pub(crate) fn install_mutation_tools() -> Result<()> {
    let work = Work {
        makes: "mutation tools",
        inputs: &["tests/mutants/package.json", "tests/mutants/package-lock.json"],
        outputs: &["tests/mutants/node_modules/.package-lock.json"],
        also: "",
    };
    work.unless_done(|| install_by_lock_file(npm().current_dir(workspace::at("tests/mutants"))))
}

fn install_by_lock_file(npm: &mut Command) -> Result<()> {
    // Scripts are off: no package needs its own, and newer versions of npm ask about each.
    run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
}

/// Bundles `bindings/dist`.
pub(crate) fn build_package() -> Result<()> {
    let work = Work {
        makes: "npm package",
        inputs: &[
            "package-lock.json",
            "bindings/package.json",
            "bindings/tsconfig.json",
            "bindings/tsconfig.build.json",
            "bindings/scripts",
            "bindings/src",
            "bindings/types",
            "bindings/generated",
            "tests/simulators/certificate.mjs",
            "tests/simulators/fake-vcenter",
            "tests/simulators/soap.mjs",
        ],
        outputs: &["bindings/dist"],
        also: "",
    };
    work.unless_done(|| run(node().arg("bindings/scripts/build.mjs")))
}

/// Compiles `bindings/fleet/dist`, the package of the workers, with the types of [`build_package`].
pub(crate) fn build_fleet() -> Result<()> {
    let work = Work {
        makes: "npm package of the workers",
        inputs: &[
            "package-lock.json",
            "bindings/fleet/package.json",
            "bindings/fleet/tsconfig.json",
            "bindings/tsconfig.json",
            "bindings/fleet/scripts",
            "bindings/fleet/src",
            "bindings/dist",
            "docs/schemas",
        ],
        outputs: &["bindings/fleet/dist"],
        also: "",
    };
    work.unless_done(|| run(node().arg("bindings/fleet/scripts/build.mjs")))
}

/// Bundles `web-demo/dist`, the status page.
pub(crate) fn build_page() -> Result<()> {
    let work = Work {
        makes: "status page",
        inputs: &[
            "package-lock.json",
            "web-demo/package.json",
            "web-demo/vite.config.ts",
            "web-demo/index.html",
            "web-demo/plugin.html",
            "web-demo/public",
            "web-demo/src",
            "bindings/examples/plugin-backend",
            "bindings/server",
            "bindings/package.json",
            "bindings/dist",
        ],
        outputs: &["web-demo/dist", "bindings/page"],
        also: "",
    };
    work.unless_done(|| {
        run(npm().args([
            "run",
            "--workspace",
            "web-demo",
            "build",
            "--",
            "--logLevel",
            "warn",
        ]))
    })
}

/// Node, in the root folder.
pub(crate) fn node() -> Command {
    command("node")
}

/// npm, in the root folder.
pub(crate) fn npm() -> Command {
    command(if cfg!(windows) { "npm.cmd" } else { "npm" })
}
