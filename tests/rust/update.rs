//! `UPDATE=1` writes the golden reports and the state diagram whatever else fails: who changes a rule on purpose sees the
//! difference first, and then what it breaks.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails says where, and this one runs the others"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use vm_customization_tests::{folder, golden_recordings};

/// Set where a test is to fail.
const FAILS: &str = "UPDATE_TEST_FAILS";

#[test]
fn fails_where_the_test_beside_it_runs_it() {
    assert!(std::env::var_os(FAILS).is_none(), "as it should");
}

#[test]
fn the_files_are_written_though_a_test_fails() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("update");
    let recordings = copy.join("tests/conformance/recordings");
    fs::create_dir_all(&recordings).unwrap();
    fs::create_dir_all(copy.join("docs")).unwrap();
    let diagram = copy.join("docs/state-machine.md");
    fs::write(&diagram, "stale").unwrap();
    for golden in golden_recordings() {
        let path = |kind: &str| recordings.join(format!("{}.{kind}.json", golden.name));
        fs::write(path("recording"), &golden.recording).unwrap();
        fs::write(path("report"), "stale").unwrap();
    }

    let names = [
        "update::fails_where_the_test_beside_it_runs_it",
        "recordings::every_golden_recording_gives_its_report",
        "state_diagram::the_state_diagram_is_that_of_the_machine",
    ];
    let output = run_tests(&["--exact", names[0], names[1], names[2]], &copy);

    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("2 passed; 1 failed"), "{told}");
    let committed = |path: &str| fs::read_to_string(folder(path)).unwrap();
    assert_eq!(
        fs::read_to_string(diagram).unwrap(),
        committed("../docs/state-machine.md")
    );
    for golden in golden_recordings() {
        let name = format!("conformance/recordings/{}.report.json", golden.name);
        let written = fs::read_to_string(copy.join("tests").join(&name)).unwrap();
        assert_eq!(written, committed(&name), "{name}");
    }
}

#[test]
fn all_files_of_tests_are_in_one_program() {
    // Cargo stops after the first program that fails.
    let output = run_tests(&["--list"], &folder(".."));
    let listed = String::from_utf8_lossy(&output.stdout);
    for entry in fs::read_dir(folder("rust")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let module = path.file_stem().unwrap().to_string_lossy();
        if source.contains("#[test]") {
            assert!(listed.contains(&format!("{module}::")), "{module} is not listed");
        }
    }
}

/// Runs tests of this program with `UPDATE=1` on the files below `root`.
fn run_tests(args: &[&str], root: &Path) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(args)
        .env("UPDATE", "1")
        .env(FAILS, "1")
        .env("TESTS_FOLDER", root.join("tests"))
        .output()
        .unwrap()
}
