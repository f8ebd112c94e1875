//! The command line of xtask.

/// What `help` prints.
pub(crate) const USAGE: &str = "\
usage: cargo xtask COMMAND

  build            the WebAssembly core and the npm package; then `npx --no-install wait-vm-customization` works
  test [PART…]     everything there is, or the named parts; `test --list` names them
  demo [ARG…]      VMs on a simulated vCenter go through customization in this terminal
  demo --web       the status page, on a simulated source, in your browser; `--port N` serves it there, `--no-open`
                   opens no browser, `--help` lists the options
  size             sizes of what is shipped, raw and gzipped
  bench [ARG…]     the measurements
  screenshots      the pictures of the status page in docs/screenshots
  help             this text

Each command sets up what it needs. Needed on the machine: Rust, Node 20 or newer; for `test`, also Go 1.25 or newer
and Chromium.

environment:
  WASM_NO_RUSTUP=1            do not ask rustup for the wasm32 target
  WASM_TOOLCHAIN=build-std    compile the wasm32 standard library from its sources, even if rustup has it
  CHROMIUM=PATH               the browser of the tests, where it is not in PATH
  XTASK_NO_APT=1              do not install Debian packages, even as root";

/// One of the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Build,
    Test,
    Demo,
    Size,
    Bench,
    Screenshots,
}

/// A command and what follows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) task: Task,
    pub(crate) rest: Vec<String>,
}

/// Reads the arguments after the program's name; the error is a message.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Invocation, String> {
    let name = args.next().unwrap_or_else(|| "help".into());
    let rest: Vec<String> = args.collect();
    let task = match name.as_str() {
        "build" => Task::Build,
        "test" => Task::Test,
        "demo" => Task::Demo,
        "size" => Task::Size,
        "bench" => Task::Bench,
        "screenshots" => Task::Screenshots,
        "help" | "--help" | "-h" => Task::Help,
        _ => return Err(format!("xtask: `{name}` is not a command")),
    };
    if let (Task::Build | Task::Size | Task::Screenshots | Task::Help, Some(first)) = (task, rest.first()) {
        return Err(format!(
            "xtask: `{name}` takes no arguments, but was given `{first}`"
        ));
    }
    Ok(Invocation { task, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Invocation, String> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn arguments_of_the_demo_are_passed_through() {
        let invocation = parsed("demo --fast x").unwrap();
        assert_eq!(invocation.task, Task::Demo);
        assert_eq!(invocation.rest, ["--fast", "x"]);
    }

    #[test]
    fn no_command_is_help_and_an_unknown_one_an_error() {
        assert_eq!(parsed("").unwrap().task, Task::Help);
        assert_eq!(parsed("biuld").unwrap_err(), "xtask: `biuld` is not a command");
    }

    #[test]
    fn a_flag_that_a_command_does_not_know_is_an_error() {
        assert!(parsed("build --release").unwrap_err().contains("`--release`"));
    }
}
