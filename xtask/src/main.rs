//! The project's commands, the same for people, CI and the README: `cargo xtask help`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "xtask is where files, processes and clocks are used; the list is for the core"
)]

mod checks;
mod commands;
mod demo;
mod fuzz;
mod go;
mod notices;
mod npm;
mod process;
mod report;
mod stamp;
mod steps;
mod tools;
mod wasm;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use anyhow::{bail, ensure, Result};

/// What `help` prints.
const USAGE: &str = "\
usage: cargo xtask COMMAND

  build            the WebAssembly core and the npm package; then `npx --no-install wait-vm-customization` works
  test [PART…]     everything there is, or the named parts; `test --list` names them
  test node FILE…  these test files alone; also `test web FILE…` and `test packaging FILE…`
  demo [ARG…]      VMs on a simulated vCenter go through customization in this terminal
  demo --fleet     workers that share vCenters over NATS, one of which is killed on the way
  demo --web       the status page, on a simulated source, in your browser; `--port N` serves it there, `--no-open`
                   opens no browser, `--help` lists the options
  docs             the reference of the npm package, in target/reference; a warning is an error
  size             sizes of what is shipped, raw and gzipped
  chaos [ARG…]     workers of a fleet and its brokers are killed while VMs go through customization; `--help` lists the
                   options
  simulate [ARG…]  worlds from seeds, and whether all that is told of their VMs is so; `--help` lists the options
  fuzz [ARG…]      looks for documents that break a property of the readers; `--help` lists the options
  bench [ARG…]     the measurements
  mutants [FILE…]  faults that are put into sources, one at a time, and which of them no test notices; `--help` says more
  notices          the notices of others that come with what ships, after a change of its dependencies
  screenshots      the pictures of the status page in docs/screenshots
  help             this text

Each command sets up what it needs. Needed on the machine: Rust, Node 20 or newer; for `test`, also Go 1.25 or newer
and Chromium.

environment:
  WASM_NO_RUSTUP=1            do not ask rustup for the wasm32 target
  WASM_TOOLCHAIN=build-std    compile the wasm32 standard library from its sources, even if rustup has it
  CHROMIUM=PATH               the browser of the tests, where it is not in PATH
  XTASK_NO_APT=1              do not install Debian packages, even as root";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    run(&args).unwrap_or_else(|failure| {
        eprintln!("\nxtask: {failure:#}");
        ExitCode::FAILURE
    })
}

fn run(args: &[String]) -> Result<ExitCode> {
    let (name, rest) = args
        .split_first()
        .map_or(("help", args), |(name, rest)| (name, rest));
    let alone = |task: fn() -> Result<()>| {
        ensure!(
            rest.is_empty(),
            "`{name}` takes no arguments, but was given `{}`",
            rest.join(" ")
        );
        task().map(|()| ExitCode::SUCCESS)
    };
    match name {
        "build" => alone(commands::build),
        "test" => checks::run(rest),
        "part" => checks::run_part(rest),
        "demo" => demo::run(rest),
        "docs" => alone(commands::docs),
        "size" => alone(commands::size),
        "chaos" => commands::chaos(rest),
        "simulate" => commands::simulate(rest),
        "fuzz" => fuzz::run(rest),
        "bench" => commands::bench(rest),
        "mutants" => commands::mutants(rest),
        "notices" => alone(notices::write),
        "screenshots" => alone(commands::screenshots),
        "help" | "--help" | "-h" => alone(|| {
            println!("{USAGE}");
            Ok(())
        }),
        _ => bail!("`{name}` is not a command; `cargo xtask help` lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> String {
        let args: Vec<String> = line.split_whitespace().map(String::from).collect();
        run(&args).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_command_and_arguments_that_a_command_does_not_take_are_refused() {
        assert!(refusal("biuld").starts_with("`biuld` is not a command"));
        assert_eq!(
            refusal("build --release"),
            "`build` takes no arguments, but was given `--release`"
        );
    }
}
