//! Starting other programs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{ensure, Context, Result};

use crate::workspace;

/// A command that runs in the root folder, without what `cargo run` put into the environment for xtask itself.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        // LD_LIBRARY_PATH leads to this toolchain's libraries, which another rustc must not load.
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "LD_LIBRARY_PATH"
        {
            command.env_remove(&name);
        }
    }
    command
}

/// The cargo that runs xtask.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Whether `program` can be started.
pub(crate) fn exists(program: impl AsRef<OsStr>) -> bool {
    command(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// How a command is written in messages; the end of a long one says little.
pub(crate) fn shown(command: &Command) -> String {
    const LIMIT: usize = 120;
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy);
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or(&text)),
        None => text,
    }
}

/// Runs a command with its output in the terminal; any other end than success is a failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    succeeded(command, status)
}

/// Runs a command with its output in the terminal, for its exit status.
pub(crate) fn hand_over(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    // Without a code a signal has ended it.
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Runs a command for what it prints to its standard output; errors still go to the terminal.
pub(crate) fn text_of(command: &mut Command) -> Result<String> {
    let Output { status, stdout, .. } = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{}` could not be started", shown(command)))?;
    succeeded(command, status)?;
    Ok(String::from_utf8_lossy(&stdout).trim().to_owned())
}

/// The same for a question that may have no answer.
pub(crate) fn answer_of(command: &mut Command) -> Option<String> {
    let output = command
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command that may take at most `limit`; false when it failed or was stopped.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if started.elapsed() < limit => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) | Err(_) => {
                stop(&mut child);
                return false;
            }
        }
    }
}

fn stop(child: &mut Child) {
    // An error here means that it has ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "`{}` failed ({status})", shown(command));
    Ok(())
}
