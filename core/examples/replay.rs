//! Plays recordings from standard input and prints reports: one recording, or one per line.
//!
//! ```sh
//! cargo run --release --quiet -p vm-customization --example replay < recording.json
//! ```
#![allow(clippy::disallowed_macros, reason = "a command talks to people")]

use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut input = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut input) {
        eprintln!("standard input cannot be read: {error}");
        return ExitCode::from(3);
    }
    let reports = vm_customization::replay(&input);
    if std::io::stdout().write_all(reports.as_bytes()).is_err() {
        return ExitCode::from(3);
    }
    let is_any_bad = reports.lines().any(|line| line.starts_with(r#"{"error""#));
    ExitCode::from(if is_any_bad { 3 } else { 0 })
}
