//! Helpers shared by the tests that cross the parts.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read the files that they are about"
)]

pub mod properties;
mod stepped;

use std::path::PathBuf;

pub use stepped::SteppedRun;

/// A folder below `tests/`, or below a copy of it that `TESTS_FOLDER` names.
pub fn folder(name: &str) -> PathBuf {
    std::env::var_os("TESTS_FOLDER")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
        .join(name)
}

/// Whether golden files are to be written in place of being compared.
pub fn updates() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// The text of a file below `tests/`.
///
/// # Panics
///
/// When the file cannot be read.
#[allow(clippy::panic, reason = "a test that lacks its data has failed")]
pub fn text(name: &str) -> String {
    let path = folder(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One golden recording with the report that belongs to it.
#[derive(Debug)]
pub struct Golden {
    /// The name of both files without their endings.
    pub name: String,
    /// The recording as text.
    pub recording: String,
    /// Where the report stands.
    pub report_path: PathBuf,
}

/// Every golden recording, by name.
///
/// # Panics
///
/// When the folder cannot be read.
#[allow(clippy::unwrap_used, reason = "a test that lacks its data has failed")]
pub fn golden_recordings() -> Vec<Golden> {
    let mut golden: Vec<Golden> = std::fs::read_dir(folder("conformance/recordings"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".recording.json")?.to_owned();
            Some(Golden {
                recording: text(&format!("conformance/recordings/{name}.recording.json")),
                report_path: folder("conformance/recordings").join(format!("{name}.report.json")),
                name,
            })
        })
        .collect();
    golden.sort_by(|a, b| a.name.cmp(&b.name));
    golden
}

/// Compiles and runs the Rust in the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct ReadmeDoctests;
