//! Skipping work whose inputs and outputs are as they were after it was last done.
//!
//! By content, not by time: a checkout, a stash or a copied folder changes times and nothing else.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::steps::say;
use crate::workspace;

/// What a piece of work reads and writes: files or whole folders.
pub(crate) struct Work<'a> {
    /// What it makes, for people; also the name of its stamp.
    pub(crate) makes: &'a str,
    pub(crate) inputs: &'a [&'a str],
    pub(crate) outputs: &'a [&'a str],
    /// What else the outputs depend on, such as the version of a tool.
    pub(crate) also: &'a str,
}

impl Work<'_> {
    /// Does the work unless nothing has changed, and says which.
    pub(crate) fn unless_done(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let path = workspace::at(&format!("target/xtask/{}.stamp", self.makes));
        let before = self.inputs_hash();
        let stamp = |outputs: u64| format!("{before:016x} {outputs:016x}\n");
        if fs::read_to_string(&path).is_ok_and(|found| found == stamp(hash_of(self.outputs, ""))) {
            say(&format!("{}: unchanged", self.makes));
            return Ok(());
        }
        say(self.makes);
        work()?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))?;
        }
        fs::write(&path, stamp(hash_of(self.outputs, "")))
            .with_context(|| format!("{} could not be written", path.display()))
    }

    fn inputs_hash(&self) -> u64 {
        hash_of(self.inputs, self.also)
    }
}

fn hash_of(paths: &[&str], also: &str) -> u64 {
    let mut files = Vec::new();
    for path in paths {
        collect(&workspace::at(path), &mut files);
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    hasher.write(also.as_bytes());
    for file in files {
        hasher.write(file.to_string_lossy().as_bytes());
        // A file that is gone between the listing and here counts as empty: the next call sees the difference.
        let content = fs::read(&file).unwrap_or_default();
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    hasher.finish()
}

/// The files under `path`; none when there is nothing.
fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if let Ok(entries) = fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), files);
        }
    }
}
