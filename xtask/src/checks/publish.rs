//! The core as crates.io would have it.

use std::fs;

use anyhow::{ensure, Context, Result};

use super::rust::CORE;
use crate::process::{cargo, command, run};
use crate::workspace;

/// Those in the root folder are what the others are copies of.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Packs the crate, and runs its doc tests from what was packed.
pub(super) fn check() -> Result<()> {
    let target = workspace::at("target");
    run(cargo()
        .args([
            "package",
            "--package",
            CORE,
            "--allow-dirty",
            "--no-verify",
            "--target-dir",
        ])
        .arg(&target))?;
    let name = format!("{CORE}-{}", env!("CARGO_PKG_VERSION"));
    let packages = target.join("package");
    let folder = packages.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{} could not be removed", folder.display()))?;
    }
    run(command("tar")
        // Without their times, which are the same in every package: cargo would take a changed file for the old one.
        .arg("-xmzf")
        .arg(packages.join(name + ".crate"))
        .arg("-C")
        .arg(&packages))?;

    for licence in LICENCES {
        let original = fs::read(workspace::at(licence)).context(licence)?;
        ensure!(
            fs::read(folder.join(licence)).is_ok_and(|copy| copy == original),
            "the package has no {licence}, or another than the repository: copy it to core/"
        );
    }
    let readme = fs::read_to_string(folder.join("README.md")).context("README.md of the package")?;
    for target in readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        ensure!(
            target.starts_with("https://") || folder.join(target).exists(),
            "core/README.md links to {target}, which is not in the package"
        );
    }
    let manifest = folder.join("Cargo.toml");
    // Without this cargo takes it for a crate of the workspace above.
    let alone = fs::read_to_string(&manifest).map(|text| text + "\n[workspace]\n");
    alone
        .and_then(|text| fs::write(&manifest, text))
        .context("Cargo.toml of the package")?;
    run(cargo()
        .args(["test", "--doc", "--locked", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target))
}
