//! The rooms of the core: a folder uses only folders below it, and no files use each other in a circle.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reads the sources, and says where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use vm_customization_tests::folder;

/// From top to bottom.
const FOLDERS: [&str; 6] = ["playback", "formats", "run", "rules", "wire", "model"];

/// The sources by their path below `core/src`, without what only tests and documentation use.
fn sources() -> BTreeMap<String, String> {
    let root = folder("../core/src");
    let mut sources = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.insert(name_of(&root, &path), code_of(&path));
            }
        }
    }
    sources
}

fn name_of(root: &Path, path: &Path) -> String {
    let below: Vec<_> = path.strip_prefix(root).unwrap().iter().collect();
    below.join(std::ffi::OsStr::new("/")).into_string().unwrap()
}

fn code_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let (code, _) = text.split_once("#[cfg(test)]\nmod ").unwrap_or((&text, ""));
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What `crate::` and `super::` stand before, as a path: `run/monitor`, `run` or, of the root, nothing.
fn used_paths(name: &str, code: &str) -> BTreeSet<String> {
    let above = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut used = BTreeSet::new();
    for (prefix, from) in [("crate::", ""), ("super::", above)] {
        for (at, _) in code.match_indices(prefix) {
            let path = &code[at + prefix.len()..];
            assert!(
                prefix == "super::" || !path.starts_with('{'),
                "{name}: one `use` for each module, so that this test can read it"
            );
            let segments = path.split("::").take_while(|segment| {
                let is_name =
                    |character: char| character.is_ascii_lowercase() || "_0123456789".contains(character);
                segment.chars().all(is_name)
            });
            let path: Vec<_> = from
                .split('/')
                .chain(segments)
                .filter(|part| !part.is_empty())
                .collect();
            used.insert(path.join("/"));
        }
    }
    used
}

#[test]
fn a_folder_uses_only_folders_below_it() {
    let rank = |path: &str| {
        let folder = path.split('/').next().unwrap();
        FOLDERS.iter().position(|known| *known == folder)
    };
    for (name, code) in sources() {
        let Some(from) = rank(&name) else {
            assert_eq!(name, "lib.rs", "each file stands in one of {FOLDERS:?}");
            continue;
        };
        for used in used_paths(&name, &code) {
            let Some(to) = rank(&used) else {
                continue;
            };
            assert!(
                to >= from,
                "{name} uses `{used}`, but `{}` lies below it",
                FOLDERS[from]
            );
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = sources();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, code) in &sources {
        let used = used_paths(name, code).into_iter().filter_map(|path| {
            let mut path = path.as_str();
            loop {
                let file = format!("{path}.rs");
                if sources.contains_key(&file) {
                    return Some(file);
                }
                path = path.rsplit_once('/')?.0;
            }
        });
        arrows.insert(name.clone(), used.filter(|used| used != name).collect());
    }
    // What uses nothing that is left goes; a circle stays.
    while let Some(end) = arrows
        .iter()
        .find(|(_, used)| used.is_empty())
        .map(|(name, _)| name.clone())
    {
        arrows.remove(&end);
        for used in arrows.values_mut() {
            used.remove(&end);
        }
    }
    assert!(arrows.is_empty(), "in or above a circle: {arrows:#?}");
}
