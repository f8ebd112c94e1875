//! Whether the `rust-version` of each crate is true of all that it is built and tested with. What its own code uses is
//! for clippy to see (`incompatible_msrv`).

use std::fs;

use anyhow::{ensure, Context, Result};
use semver::Version;
use serde_json::Value;

use crate::process::{cargo, text_of};
use crate::tools::version_in;
use crate::workspace;

/// Where people read which Rust the commands need: the highest of the workspace.
const DOCUMENTS: [&str; 3] = [".ci/run", "README.md", "CONTRIBUTING.md"];

/// Asks cargo, and holds the documents to the answer.
pub(super) fn check() -> Result<()> {
    let metadata = text_of(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: &Value = &serde_json::from_str(&metadata).context("`cargo metadata` printed no JSON")?;
    let too_new = too_new(metadata);
    ensure!(too_new.is_empty(), "{}", too_new.join("; "));
    let least = items(&metadata["workspace_members"])
        .filter_map(|member| rust_version(by_id(&metadata["packages"], member)))
        .max()
        .context("no crate of the workspace has a rust-version")?;
    let least = format!("{}.{}", least.major, least.minor);
    for document in DOCUMENTS {
        let text = fs::read_to_string(workspace::at(document)).context(document)?;
        ensure!(
            text.contains(&least),
            "{document} does not say that Rust {least} is needed"
        );
    }
    Ok(())
}

/// A line for each crate that needs a newer Rust than a crate of the workspace that uses it, itself or through others.
fn too_new(metadata: &Value) -> Vec<String> {
    let package = |id| by_id(&metadata["packages"], id);
    let resolved = &metadata["resolve"];
    let mut lines = Vec::new();
    for member in items(&metadata["workspace_members"]) {
        let own = package(member);
        for used in used_by(member, &resolved["nodes"]) {
            let used = package(used);
            if rust_version(used) > rust_version(own) {
                lines.push(format!(
                    "{} has rust-version {}, but {} {}, which it uses, has {}",
                    own["name"], own["rust_version"], used["name"], used["version"], used["rust_version"]
                ));
            }
        }
    }
    lines
}

/// All that a crate is built and tested with. What others are tested with is nothing to it.
fn used_by<'a>(user: &'a Value, nodes: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![user];
    let mut next = 0;
    while let Some(id) = found.get(next).copied() {
        next += 1;
        for used in items(&by_id(nodes, id)["deps"]) {
            let in_tests_only = items(&used["dep_kinds"]).all(|kind| kind["kind"] == "dev");
            if !found.contains(&&used["pkg"]) && (id == user || !in_tests_only) {
                found.push(&used["pkg"]);
            }
        }
    }
    found
}

fn rust_version(package: &Value) -> Option<Version> {
    package["rust_version"].as_str().and_then(version_in)
}

fn by_id<'a>(list: &'a Value, id: &Value) -> &'a Value {
    items(list).find(|item| item["id"] == *id).unwrap_or(&Value::Null)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A workspace of `a`, which uses `b`, which uses `c`; the kinds are those of the two dependencies.
    fn lines(versions: [Option<&str>; 3], kinds: [Option<&str>; 2]) -> Vec<String> {
        let [a, b, c] = versions;
        let [to_b, to_c] = kinds;
        too_new(&json!({
            "workspace_members": ["a"],
            "packages": [
                { "id": "a", "name": "a", "version": "0.1.0", "rust_version": a },
                { "id": "b", "name": "b", "version": "0.2.0", "rust_version": b },
                { "id": "c", "name": "c", "version": "0.3.0", "rust_version": c },
            ],
            "resolve": { "nodes": [
                { "id": "a", "deps": [{ "pkg": "b", "dep_kinds": [{ "kind": to_b }] }] },
                { "id": "b", "deps": [{ "pkg": "c", "dep_kinds": [{ "kind": to_c }] }] },
                { "id": "c", "deps": [{ "pkg": "a", "dep_kinds": [{ "kind": "dev" }] }] },
            ] },
        }))
    }

    #[test]
    fn a_crate_may_use_what_needs_no_newer_rust() {
        for used in [None, Some("1.9"), Some("1.85"), Some("1.85.0")] {
            assert!(
                lines([Some("1.85"), used, None], [None, None]).is_empty(),
                "{used:?}"
            );
        }
    }

    #[test]
    fn what_needs_a_newer_rust_is_told_of_however_it_is_used() {
        let told = r#""a" has rust-version "1.85", but "b" "0.2.0", which it uses, has "1.85.1""#;
        for kind in [None, Some("dev"), Some("build")] {
            assert_eq!(lines([Some("1.85"), Some("1.85.1"), None], [kind, None]), [told]);
        }
        assert_eq!(
            lines([Some("1.85"), None, Some("1.86")], [Some("dev"), Some("build")]).len(),
            1
        );
        assert_eq!(lines([None, Some("1.0"), None], [None, None]).len(), 1);
    }

    #[test]
    fn the_tests_of_others_do_not_matter() {
        assert!(lines([Some("1.85"), None, Some("1.86")], [None, Some("dev")]).is_empty());
    }
}
