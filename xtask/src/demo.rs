//! `cargo xtask demo`: VMs on a simulated vCenter, watched by the command as a user has it.

use std::process::ExitCode;

use anyhow::Result;

use crate::npm::node;
use crate::process::hand_over;
use crate::steps::say;
use crate::{commands, go};

/// Tells the script to use the simulated vCenter in Node.
const FAKE: &str = "--fake";
/// Shows the status page in place of the command.
const WEB: &str = "--web";

/// Shows workers that share vCenters.
const FLEET: &str = "--fleet";

/// What there is; the scripts check it.
const USAGE: &str = "\
usage: cargo xtask demo [--fake]
       cargo xtask demo --fleet
       cargo xtask demo --web [--port N] [--no-open]

  --fake       on a simulated vCenter of ours in Node, for machines without Go
  --fleet      workers that share simulated vCenters over NATS; one is killed on the way
  --web        the status page, on a simulated source, in your browser
  --port N     where to serve the status page; a free port otherwise
  --no-open    only say where it is, and open no browser
  --help       this text";

/// Builds what is needed and hands over; the exit status is the script's.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    commands::build()?;
    if args.iter().any(|arg| arg == WEB) {
        commands::build_page()?;
        say("demo");
        return hand_over(node().arg("tests/demo/web.mjs").args(args));
    }
    if args.iter().any(|arg| arg == FLEET) {
        go::build_nats_server()?;
        say("demo");
        return hand_over(node().arg("tests/demo/fleet.mjs").args(args));
    }
    let mut script = node();
    script.arg("tests/demo/demo.mjs").args(args);
    if !args.iter().any(|arg| arg == FAKE) {
        if let Err(failure) = go::build_vcsim() {
            say(&format!("{failure:#}"));
            say("going on with the simulated vCenter in Node");
            script.arg(FAKE);
        }
    }
    say("demo");
    hand_over(&mut script)
}
