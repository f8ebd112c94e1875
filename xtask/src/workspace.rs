//! Where things are.

use std::path::{Path, PathBuf};

/// The repository's root folder.
pub(crate) fn root() -> PathBuf {
    // Set by `cargo run` to where the crate is now; the one of compile time is for a binary started by itself.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

/// A path under the root.
pub(crate) fn at(path: &str) -> PathBuf {
    root().join(path)
}

/// Where the wasm32 build keeps its files: one folder whatever toolchain makes them, so that std compiles once.
pub(crate) fn wasm_target_dir() -> PathBuf {
    at("target/wasm-build")
}

/// The files right in a folder whose names end in `ending`, sorted; none when there is no such folder.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(at(folder))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    found
}
