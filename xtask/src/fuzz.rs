//! `cargo xtask fuzz`: looks for documents that break a property of the readers.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{bail, ensure, Context, Result};

use crate::npm::node;
use crate::process::{cargo, command, exists, hand_over, run as run_command};
use crate::steps::say;
use crate::{commands, workspace};

/// Those of libFuzzer.
const TARGETS: [&str; 4] = ["recordings", "snapshots", "soap_trees", "wire_documents"];

/// What is written in JavaScript, by fast-check.
const READERS: &str = "readers";

const CARGO_FUZZ: &str = "0.13.2";

const USAGE: &str = "\
usage: cargo xtask fuzz [TARGET] [--minutes N] [--keep]

  TARGET       recordings, snapshots, soap_trees or wire_documents, by libFuzzer; or readers, which are those in
               JavaScript; otherwise all, one after the other
  --minutes N  how long each is run; 15 otherwise
  --keep       puts what was new into the corpus: as few documents as come to the same code
  --help       this text

What breaks a property is in fuzz/artifacts, or for the readers in the corpus. The tests replay the corpus, fuzz/corpus.
Needed beside Rust and Node: a C++ compiler, for libFuzzer. cargo-fuzz is compiled into target/tools.";

#[derive(Debug, PartialEq)]
struct Options<'a> {
    target: Option<&'a str>,
    minutes: u32,
    keeps: bool,
}

impl<'a> Options<'a> {
    fn of(args: &'a [String]) -> Result<Self> {
        let mut options = Self {
            target: None,
            minutes: 15,
            keeps: false,
        };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--keep" => options.keeps = true,
                "--minutes" => {
                    let minutes = args.next().and_then(|minutes| minutes.parse().ok());
                    options.minutes = minutes
                        .filter(|minutes| *minutes > 0)
                        .context("`--minutes` takes a whole number of minutes")?;
                }
                target if target == READERS || TARGETS.contains(&target) => options.target = Some(target),
                other => bail!("`{other}` is no target and no option; `cargo xtask fuzz --help` lists them"),
            }
        }
        Ok(options)
    }
}

/// Runs the targets; the exit status says whether a property was broken.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::of(args)?;
    let is_chosen = |name: &str| options.target.is_none_or(|target| target == name);
    let mut exit = ExitCode::SUCCESS;
    for target in TARGETS.into_iter().filter(|target| is_chosen(target)) {
        let found = run_target(target, &options)?;
        if found != ExitCode::SUCCESS {
            exit = found;
        }
    }
    if is_chosen(READERS) {
        commands::build()?;
        say(READERS);
        let found = hand_over(
            node()
                .args(["tests/fuzz/main.mjs", "--minutes"])
                .arg(options.minutes.to_string()),
        )?;
        if found != ExitCode::SUCCESS {
            exit = found;
        }
    }
    Ok(exit)
}

fn run_target(target: &str, options: &Options<'_>) -> Result<ExitCode> {
    let cargo_fuzz = cargo_fuzz()?;
    let corpus = format!("fuzz/corpus/{target}");
    let found = format!("target/fuzz/corpus/{target}");
    std::fs::create_dir_all(workspace::at(&found))?;
    let fuzz = |folders: [&str; 2], with: &[String]| {
        let mut fuzz = command(&cargo_fuzz);
        // The core forbids unsafe code: what the sanitizers look for is not there, and one needs a nightly toolchain.
        fuzz.args([
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            "--target-dir",
            "target/fuzz",
            target,
        ]);
        fuzz.args(folders).arg("--").args(with);
        fuzz
    };
    say(target);
    let limits = [
        format!("-max_total_time={}", options.minutes * 60),
        "-max_len=4096".into(),
        "-timeout=10".into(),
        "-rss_limit_mb=2048".into(),
        "-print_final_stats=1".into(),
    ];
    let exit = hand_over(&mut fuzz([&found, &corpus], &limits))?;
    if options.keeps {
        let merge = ["-set_cover_merge=1".into(), "-use_counters=0".into()];
        run_command(&mut fuzz([&corpus, &found], &merge))?;
    }
    Ok(exit)
}

/// The program, compiled when it is not there.
fn cargo_fuzz() -> Result<PathBuf> {
    let root = workspace::at("target/tools");
    let program = root.join(format!("bin/cargo-fuzz{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        exists("c++") || std::env::var_os("CXX").is_some(),
        "libFuzzer needs a C++ compiler: install the package g++ or clang of your system"
    );
    if !exists(&program) {
        say(&format!(
            "cargo-fuzz {CARGO_FUZZ} into target/tools (cargo install)"
        ));
        let mut install: Command = cargo();
        install.args([
            "install",
            "cargo-fuzz",
            "--locked",
            "--version",
            CARGO_FUZZ,
            "--root",
        ]);
        run_command(install.arg(&root))?;
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> String {
        let args: Vec<String> = line.split_whitespace().map(String::from).collect();
        Options::of(&args).unwrap_err().to_string()
    }

    #[test]
    fn options_that_are_none_are_refused() {
        assert!(refusal("recording").starts_with("`recording` is no target and no option"));
        for line in ["--minutes", "--minutes 0", "--minutes x"] {
            assert_eq!(
                refusal(line),
                "`--minutes` takes a whole number of minutes",
                "{line}"
            );
        }
    }

    #[test]
    fn each_target_is_there() {
        for target in TARGETS {
            assert!(
                workspace::at(&format!("fuzz/targets/{target}.rs")).is_file(),
                "{target}"
            );
            assert!(
                workspace::at(&format!("fuzz/corpus/{target}")).is_dir(),
                "{target}"
            );
        }
        let all = workspace::files("fuzz/targets", ".rs");
        assert_eq!(all.len(), TARGETS.len());
    }
}
