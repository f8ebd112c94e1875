//! The notices of others that come with the npm package and the crate.

use anyhow::Result;

use crate::commands;
use crate::npm::node;
use crate::process::run;

/// Writes them anew, from the lock files and what is compiled in and bundled.
pub(crate) fn write() -> Result<()> {
    commands::build()?;
    run(node().arg("xtask/third-party/notices.mjs"))
}
