//! The vCenter simulator: a Go program in tests/simulators/vcsim.

use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{command, run};
use crate::steps::say;
use crate::tools::require_go;
use crate::workspace;

/// Compiles the simulator; Go itself knows what is unchanged.
pub(crate) fn build() -> Result<()> {
    require_go()?;
    say("vCenter simulator (go build)");
    let mut build = go();
    // -v names the packages as they are compiled: the first time takes a minute.
    let program = format!("bin/vcsim{}", std::env::consts::EXE_SUFFIX);
    run(build.args(["build", "-v", "-buildvcs=false", "-o", &program, "."])).context(
        "if modules could not be fetched, set GOPROXY to a Go module proxy that this machine reaches",
    )
}

/// Compiles it and lets Go look for mistakes.
pub(crate) fn check() -> Result<()> {
    build()?;
    run(go().args(["vet", "./..."]))
}

/// Go, in the simulator's folder.
pub(crate) fn go() -> Command {
    let mut go = command("go");
    // Without cgo no C compiler is needed, and the tests' own build (tests/simulators/simulator.mjs) shares the cache.
    go.current_dir(workspace::at("tests/simulators/vcsim"))
        .env("CGO_ENABLED", "0");
    go
}
