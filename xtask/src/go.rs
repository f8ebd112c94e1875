//! What of the tests is Go: the vCenter simulator, nats-server, and the check of Kubernetes manifests.

use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{command, run};
use crate::steps::say;
use crate::tools::require_go;
use crate::workspace;

/// A program in a Go module of its own.
struct Program {
    what: &'static str,
    folder: &'static str,
    name: &'static str,
    /// The package of its `main`.
    package: &'static str,
}

const VCSIM: Program = Program {
    what: "vCenter simulator",
    folder: "tests/simulators/vcsim",
    name: "vcsim",
    package: ".",
};

/// Its module has no code: it says which release is built.
const NATS_SERVER: Program = Program {
    what: "nats-server",
    folder: "tests/fleet/nats-server",
    name: "nats-server",
    package: "github.com/nats-io/nats-server/v2",
};

/// Compiles the vCenter simulator.
pub(crate) fn build_vcsim() -> Result<()> {
    build(&VCSIM)
}

/// Compiles nats-server.
pub(crate) fn build_nats_server() -> Result<()> {
    build(&NATS_SERVER)
}

/// Compiles the vCenter simulator and lets Go look for mistakes.
pub(crate) fn check_vcsim() -> Result<()> {
    build_vcsim()?;
    run(go(VCSIM.folder).args(["vet", "./..."]))
}

/// Holds the Kubernetes manifests of the documents to the types of Kubernetes.
pub(crate) fn test_manifests() -> Result<()> {
    require_go()?;
    run(go("tests/fleet/manifests").args(["test", "./..."]))
}

/// Go itself knows what is unchanged.
fn build(program: &Program) -> Result<()> {
    require_go()?;
    say(&format!("{} (go build)", program.what));
    // -v names the packages as they are compiled: the first time takes a minute.
    let output = format!("bin/{}{}", program.name, std::env::consts::EXE_SUFFIX);
    run(go(program.folder).args(["build", "-v", "-buildvcs=false", "-o", &output, program.package])).context(
        "if modules could not be fetched, set GOPROXY to a Go module proxy that this machine reaches",
    )
}

/// Go, in one of the folders.
fn go(folder: &str) -> Command {
    let mut go = command("go");
    // Without cgo no C compiler is needed, and the builds of the tests themselves (tests/simulators, tests/fleet) share the cache.
    go.current_dir(workspace::at(folder)).env("CGO_ENABLED", "0");
    go
}
