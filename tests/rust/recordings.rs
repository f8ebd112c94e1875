//! The golden recordings, natively. `UPDATE=1` rewrites the reports: read the difference before
//! you commit it. The same files run through WebAssembly in `tests/conformance/recordings.test.mjs`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "golden files are read and, when asked, rewritten"
)]

use serde_json::{json, Value};
use vm_customization::{
    replay, HostTime, Monitor, Recording, ServerTime, Snapshot, TimeDown, SNAPSHOT_FORMAT,
};
use vm_customization_tests::properties::recordings::written_again;
use vm_customization_tests::{folder, golden_recordings, text, updates, SteppedRun};

#[test]
fn every_golden_recording_gives_its_report() {
    let golden = golden_recordings();
    assert!(golden.len() > 100, "the recordings are there");
    let mut stale = Vec::new();
    for golden in golden {
        let Ok(report) = std::panic::catch_unwind(|| replay(golden.recording.as_bytes())) else {
            stale.push(format!("{}\n  panics, as printed above", golden.name));
            continue;
        };
        let report: Value = serde_json::from_str(&report).unwrap();
        if report.get("error").is_some() {
            stale.push(format!("{}\n  cannot be played: {report}", golden.name));
            continue;
        }
        if updates() {
            let text = serde_json::to_string_pretty(&report).unwrap();
            std::fs::write(&golden.report_path, text + "\n").unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&golden.report_path).unwrap_or_default();
        if serde_json::from_str::<Value>(&expected).ok().as_ref() != Some(&report) {
            stale.push(format!(
                "{}\n  got      {report}\n  expected {expected}",
                golden.name
            ));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn every_rule_has_a_golden_recording() {
    let names: Vec<String> = golden_recordings()
        .into_iter()
        .map(|golden| golden.name)
        .collect();
    let rules = (1..=8)
        .map(|number| format!("P{number}-"))
        .chain((1..=19).map(|number| format!("D{number:02}-")));
    for rule in rules {
        assert!(
            names.iter().any(|name| name.starts_with(&rule)),
            "no recording is named after {rule}"
        );
    }
}

#[test]
fn snapshot_and_restore_after_every_step_change_nothing() {
    for golden in golden_recordings() {
        let recording = Recording::from_json(&golden.recording).unwrap();
        let straight = recording.play().to_json();
        let mut hops = SteppedRun::new(&golden.recording);
        for step in 0..hops.step_count() {
            hops.take_step(step);
            hops.replace_monitor(|monitor, now, server_now| {
                let text = monitor.snapshot().to_json();
                assert!(text.starts_with(&format!(r#"{{"format":"{SNAPSHOT_FORMAT}""#)));
                let snapshot = Snapshot::from_json(text.as_bytes()).unwrap();
                Monitor::restore(snapshot, TimeDown::Counts, server_now, now).unwrap()
            });
        }
        assert_eq!(hops.finish().to_json(), straight, "{}", golden.name);
    }
}

/// A run that was stopped between two steps, as a file: `recording`, how many `steps` of it were done, the `snapshot`
/// then, and the `report` at the end of the recording.
#[test]
fn a_snapshot_of_any_version_goes_on_to_the_same_report() {
    let mut names: Vec<_> = std::fs::read_dir(folder("conformance/snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() > 30, "the snapshots are there");
    let mut stale = Vec::new();
    for name in names {
        let path = format!("conformance/snapshots/{name}");
        let mut file: Value = serde_json::from_str(&text(&path)).unwrap();
        let snapshot = Snapshot::from_json(file["snapshot"].to_string().as_bytes())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let steps = usize::try_from(file["steps"].as_u64().unwrap()).unwrap();
        let now_ms = file["snapshot"]["elapsedMs"].as_u64().unwrap();
        let start = file["snapshot"]["startedAt"].as_str().unwrap();
        let start: ServerTime = start.parse().unwrap();
        let server_now = ServerTime::from_unix_ms(start.as_unix_ms() + i64::try_from(now_ms).unwrap());
        let monitor = Monitor::restore(
            snapshot,
            TimeDown::Counts,
            server_now,
            HostTime::from_millis(now_ms),
        )
        .unwrap();
        let mut run = SteppedRun::going_on(file["recording"].clone(), monitor, now_ms);
        for step in steps..run.step_count() {
            run.take_step(step);
        }
        let report: Value = serde_json::from_str(&run.finish().to_json()).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            file["report"] = report;
            let parts = ["recording", "steps", "snapshot", "report"];
            let lines = parts.map(|part| format!("\"{part}\": {}", file[part]));
            std::fs::write(folder(&path), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
        } else if report != file["report"] {
            stale.push(format!(
                "{name}\n  got      {report}\n  expected {}",
                file["report"]
            ));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    let monitor = SteppedRun::new(
        r#"{"startedAt":"2026-03-01T10:00:00Z","vms":[{"vm":"vm-1"},{"vm":"vm-2"}],"steps":[]}"#,
    )
    .monitor;
    let good: Value = serde_json::from_str(&monitor.snapshot().to_json()).unwrap();
    let restored = |snapshot: &Value| {
        let snapshot = Snapshot::from_json(snapshot.to_string().as_bytes())?;
        let server_now = ServerTime::from_unix_ms(0);
        Monitor::restore(snapshot, TimeDown::Counts, server_now, HostTime::from_millis(0))
    };
    assert!(restored(&good).is_ok());
    let event =
        json!({ "order": { "time": "2026-03-01T10:00:00Z", "key": 1, "typeName": "VmStartingEvent" } });
    let events = |count: usize| Value::from(vec![event.clone(); count]);
    let mut full = good.clone();
    *full.pointer_mut("/run/default/vms/0/history/events").unwrap() = events(64);
    assert!(restored(&full).is_ok());
    for (path, value, why) in [
        (
            "/format",
            json!("vm-customization-snapshot/9"),
            "restore it with the version",
        ),
        (
            "/vms",
            json!([{ "vm": "vm-1" }]),
            "names 1 VMs and has the state of 2",
        ),
        ("/vms/1/vm", json!("vm-1"), "names 1 VMs and has the state of 2"),
        ("/vms/1/vm", json!(""), "vms[1].vm is empty"),
        (
            "/options/pollIntervalSeconds",
            json!(0),
            "`pollIntervalSeconds` is 0",
        ),
        ("/options/timeoutSeconds", json!(-1), "`timeoutSeconds` is -1"),
        ("/options/rules", json!("published"), "other rules"),
        ("/elapsedMs", json!(-1), "invalid value"),
        (
            "/run/default/vms/0/history/events",
            events(65),
            "65 events of one VM",
        ),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        let error = restored(&bad).unwrap_err().to_string();
        assert!(error.contains(why), "{path}: {error}");
    }
}

#[test]
fn a_run_that_is_written_down_input_by_input_plays_to_the_same_report() {
    for golden in golden_recordings() {
        let recording: Value = serde_json::from_str(&golden.recording).unwrap();
        let written = written_again(&recording);
        assert_eq!(
            replay(written.as_bytes()),
            replay(golden.recording.as_bytes()),
            "{}\n{written}",
            golden.name
        );
    }
}

#[test]
fn a_line_that_cannot_be_read_gives_an_error_in_its_place() {
    let good =
        r#"{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[],"steps":[]}"#;
    let input = format!("{good}\nnonsense\n\n{}\n{good}\n", good.replace("/1", "/2"));
    let lines: Vec<Value> = replay(input.as_bytes())
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["endedAtMs"], 0);
    assert_eq!(lines[1]["error"]["code"], "invalidRecording");
    assert_eq!(lines[2]["error"]["code"], "unsupportedFormat");
    assert_eq!(lines[3], lines[0]);
}

#[test]
fn a_bad_recording_is_refused_with_the_place() {
    let with = |vms: &str, options: &str, steps: &str| {
        format!(
            r#"{{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":{vms},"options":{options},"steps":{steps}}}"#
        )
    };
    for (recording, place) in [
        (
            with("[]", "{}", r#"[{"atMs":5},{"atMs":4}]"#),
            "steps[1].atMs is 4",
        ),
        (with("[]", "{}", r#"[{"atMs":-1}]"#), "steps[0].atMs is -1"),
        (with("[]", "{}", "[{}]"), "steps[0]: missing field `atMs`"),
        (
            with("[]", "{}", r#"[{"atMs":0,"pause":true}]"#),
            "unknown field `pause`",
        ),
        (
            with("[]", "{}", r#"[{"atMs":0,"events":"<html></html>"}]"#),
            "steps[0].events",
        ),
        (
            with("[]", "{}", r#"[{"atMs":0,"readFailed":{"kind":"bad"}}]"#),
            "steps[0]: unknown variant `bad`",
        ),
        (with("[{\"vm\":\"\"}]", "{}", "[]"), "vms[0].vm is empty"),
        (
            with("[]", "{}", r#"[{"atMs":0,"vms":[]}]"#),
            "steps[0].serverTime is missing",
        ),
        (
            with(
                "[]",
                "{}",
                r#"[{"atMs":0,"vms":[{"vm":""}],"serverTime":"2026-03-01T10:00:00Z"}]"#,
            ),
            "steps[0].vms: vms[0].vm is empty",
        ),
        (
            with(
                "[]",
                r#"{"rules":"published"}"#,
                r#"[{"atMs":0,"vms":[],"serverTime":"2026-03-01T10:00:00Z"}]"#,
            ),
            "steps[0].vms: the `published` rules",
        ),
        (with("[{}]", "{}", "[]"), "vms[0]: missing field `vm`"),
        (with("[]", r#"{"timeoutSeconds":-1}"#, "[]"), "timeoutSeconds"),
        (with("[]", r#"{"timeout":1}"#, "[]"), "unknown field `timeout`"),
        ("{}".to_owned(), "`format` is missing"),
        ("[]".to_owned(), "`format` is missing"),
        ("[".to_owned(), "the recording"),
    ] {
        let error = Recording::from_json(&recording).unwrap_err();
        assert!(error.to_string().contains(place), "{recording}\n  {error}");
    }
}
