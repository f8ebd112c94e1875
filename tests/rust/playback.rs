//! A playback comes to the same state on every way, and that state is the one of a replay.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use vm_customization::{replay, InputKind, Playback, Recording, Report, RunUpdate, Transition, VmReport};
use vm_customization_tests::{golden_recordings, SteppedRun};

fn playback(recording: &str) -> Playback {
    Playback::from_json(recording.as_bytes()).unwrap()
}

fn report(playback: &Playback) -> String {
    serde_json::to_string(&playback.report()).unwrap()
}

#[test]
fn every_golden_recording_ends_as_its_replay_does() {
    for golden in golden_recordings() {
        let mut playback = playback(&golden.recording);
        let update = playback.seek(playback.end_ms());
        assert!(update.ended && update.reset, "{}", golden.name);
        assert_eq!(
            report(&playback) + "\n",
            replay(golden.recording.as_bytes()),
            "{}",
            golden.name
        );
    }
}

fn recording(options: &str, steps: &str) -> String {
    format!(
        r#"{{ "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
        "vms": [{{ "vm": "vm-1" }}, {{ "vm": "vm-2" }}], "options": {{ {options} }}, "steps": [{steps}] }}"#
    )
}

fn event(type_name: &str, key: u32, second: u32) -> String {
    format!(
        r#"{{ "_typeName": "{type_name}", "key": {key}, "createdTime": "2026-03-01T10:00:{second:02}Z",
        "vm": {{ "vm": {{ "type": "VirtualMachine", "value": "vm-1" }} }} }}"#
    )
}

/// Plays to the end, reading each time.
fn play_slowly(recording: &str) -> Report {
    let mut run = SteppedRun::new(recording);
    for step in 0..run.step_count() {
        run.take_step(step);
    }
    run.finish()
}

#[test]
fn reads_that_are_left_out_change_nothing() {
    let steps = [
        String::new(),
        r#"{ "atMs": 700, "events": [] }"#.into(),
        format!(
            r#"{{ "atMs": 0, "events": [{}] }}, {{ "atMs": 100200, "events": [{}] }}"#,
            event("VmStartingEvent", 1, 1),
            event("CustomizationStartedEvent", 2, 9)
        ),
        format!(
            r#"{{ "atMs": 0, "events": [{}] }}, {{ "atMs": 70000, "events": [{}, {}] }}, {{ "atMs": 200000 }}"#,
            event("VmStartingEvent", 1, 1),
            event("CustomizationStartedEvent", 2, 9),
            event("CustomizationSucceeded", 3, 19)
        ),
        r#"{ "atMs": 10, "readFailed": { "kind": "notAuthenticated" } }, { "atMs": 61000, "loggedIn": true }"#.into(),
        r#"{ "atMs": 10, "readFailed": { "kind": "notFound", "vm": "vm-2" } }, { "atMs": 45000, "events": [] }"#.into(),
        r#"{ "atMs": 10, "events": [] }, { "atMs": 45000, "events": [], "complete": false }, { "atMs": 99000, "cancel": true }"#.into(),
    ];
    let added = r#"{ "atMs": 5, "events": [] }, { "atMs": 45000, "serverTime": "2026-03-01T10:00:45Z", "vms": [{ "vm": "vm-1" }, { "vm": "vm-3" }] }"#;
    let gone =
        format!(r#"{added}, {{ "atMs": 45001, "readFailed": {{ "kind": "notFound", "vm": "vm-3" }} }}"#);
    let mut all: Vec<String> = Vec::new();
    for timeout in ["null", "0", "0.05", "90", "120", "300.001", "700"] {
        for stuck in ["0", "60", "61.5", "500"] {
            for (poll, more) in [
                ("0.5", ""),
                ("15", r#", "waitForPowerOn": true"#),
                ("7.3", r#", "attempts": "reopen""#),
                ("1e9", ""),
            ] {
                let options = format!(
                    r#""timeoutSeconds": {timeout}, "stuckAfterSeconds": {stuck}, "pollIntervalSeconds": {poll}{more}"#
                );
                let published = format!(r#"{options}, "rules": "published""#);
                all.extend(steps.iter().map(|steps| recording(&options, steps)));
                all.extend(steps.iter().map(|steps| recording(&published, steps)));
                all.extend([recording(&options, added), recording(&options, &gone)]);
            }
        }
    }
    for recording in all {
        let played = Recording::from_json(&recording).unwrap().play();
        assert_eq!(played, play_slowly(&recording), "{recording}");
    }
}

/// Where to go.
#[derive(Debug, Clone, Copy)]
enum Seek {
    /// In thousandths of the run, and a little beside.
    Time(u64, i64),
    /// To an input, and a little beside.
    Input(usize, i64),
    /// In events; 0 is the start.
    Event(usize),
}

fn seeks() -> impl Strategy<Value = Vec<Seek>> {
    let seek = prop_oneof![
        (0_u64..1100, -1_i64..2).prop_map(|(time, beside)| Seek::Time(time, beside)),
        (0_usize..40, -1_i64..2).prop_map(|(input, beside)| Seek::Input(input, beside)),
        (0_usize..80).prop_map(Seek::Event),
    ];
    prop::collection::vec(seek, 1..10)
}

fn go(playback: &mut Playback, seek: Seek) -> RunUpdate {
    let beside = |at_ms: u64, beside: i64| at_ms.saturating_add_signed(beside);
    match seek {
        Seek::Time(time, offset) => playback.seek(beside(playback.end_ms() * time / 1000, offset)),
        Seek::Input(input, offset) => {
            let count = playback.inputs().len().max(1);
            let at_ms = playback
                .inputs()
                .get(input % count)
                .map_or(0, |input| input.at_ms);
            playback.seek(beside(at_ms, offset))
        }
        Seek::Event(told) => playback.seek_event((told % (playback.event_count() + 1)).checked_sub(1)),
    }
}

/// What a view holds that does as it is told.
#[derive(Default)]
struct View {
    order: Vec<String>,
    rows: BTreeMap<String, VmReport>,
    transitions: Vec<Transition>,
}

impl View {
    fn take(&mut self, update: RunUpdate) {
        if update.reset {
            self.order = update.rows.iter().map(|row| row.vm.clone()).collect();
            self.rows.clear();
            self.transitions.clear();
        }
        for row in update.rows {
            self.rows.insert(row.vm.clone(), row);
        }
        self.transitions.extend(update.transitions);
    }

    fn rows(&self) -> Vec<VmReport> {
        self.order.iter().map(|vm| self.rows[vm].clone()).collect()
    }
}

#[test]
fn every_way_leads_to_the_state_of_the_straight_way_and_changes_add_up() {
    for golden in golden_recordings() {
        let fresh = playback(&golden.recording);
        let mut runner = TestRunner::new(Config {
            cases: 24,
            failure_persistence: None,
            ..Config::default()
        });
        runner
            .run(&seeks(), |seeks| {
                let mut playback = fresh.clone();
                let mut view = View::default();
                for seek in seeks {
                    let update = go(&mut playback, seek);
                    let mut straight = fresh.clone();
                    let whole = go(&mut straight, seek);
                    prop_assert_eq!(
                        report(&playback),
                        report(&straight),
                        "{} {:?}",
                        &golden.name,
                        seek
                    );
                    prop_assert_eq!((update.at_ms, update.ended), (whole.at_ms, whole.ended));
                    view.take(update);
                    prop_assert_eq!(view.rows(), playback.report().vms, "{} {:?}", &golden.name, seek);
                    prop_assert_eq!(&view.transitions, &playback.report().transitions);
                }
                Ok(())
            })
            .unwrap();
    }
}

const TWO_IN_ONE: &str = r#"{ "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
  "vms": [{ "vm": "vm-1" }, { "vm": "vm-2" }], "options": { "pollIntervalSeconds": 4 },
  "steps": [
    { "atMs": 1000, "events": [] , "guestInfo": { "vm": "vm-1", "pendingCustomization": true } },
    { "atMs": 9000, "events": [
      { "_typeName": "VmStartingEvent", "key": 1, "createdTime": "2026-03-01T10:00:01Z", "vm": { "vm": { "type": "VirtualMachine", "value": "vm-1" } } },
      { "_typeName": "VmGuestRebootEvent", "key": 2, "createdTime": "2026-03-01T10:00:02Z", "vm": { "vm": { "type": "VirtualMachine", "value": "vm-1" } } },
      { "_typeName": "CustomizationSucceeded", "key": 3, "createdTime": "2026-03-01T10:00:03Z", "vm": { "vm": { "type": "VirtualMachine", "value": "vm-1" } } }
    ] } ] }"#;

#[test]
fn an_input_of_several_events_is_stepped_through_event_by_event() {
    let recording = TWO_IN_ONE.replace("\"options\": {", "\"options\": { \"waitForPowerOn\": true,");
    let mut playback = playback(&recording);
    assert_eq!(playback.event_count(), 3);
    let kinds: Vec<_> = playback
        .inputs()
        .iter()
        .map(|input| (input.kind, input.events.len()))
        .collect();
    assert_eq!(
        kinds,
        [
            (InputKind::Events, 0),
            (InputKind::GuestInfo, 0),
            (InputKind::Events, 3)
        ]
    );
    let mut steps = Vec::new();
    for index in [None, Some(0), Some(1), Some(2)] {
        let update = playback.seek_event(index);
        steps.push((
            update.at_ms,
            update.reset,
            update.transitions.len(),
            update.rows.len(),
        ));
    }
    // After a state within an input all is told anew; the last event is the input as it is.
    assert_eq!(
        steps,
        [
            (0, true, 0, 2),
            (9000, false, 1, 1),
            (9000, true, 1, 2),
            (9000, true, 3, 2)
        ]
    );
    let update = playback.seek(9000);
    assert!(
        update.rows.is_empty() && !update.reset,
        "the timers of that moment change nothing"
    );
    assert!(
        playback.seek_event(Some(usize::MAX)).reset,
        "it is a way back, to the inputs alone"
    );
}

#[test]
fn at_one_time_the_input_comes_before_the_clock() {
    let deadline = r#"{ "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
      "vms": [{ "vm": "vm-1" }], "options": { "timeoutSeconds": 10, "waitForPowerOn": true },
      "steps": [{ "atMs": 10000, "events": [] }] }"#;
    let mut playback = playback(deadline);
    assert_eq!(playback.end_ms(), 10_000, "the last read is answered at once");
    assert!(!playback.seek(9_999).ended);
    assert!(playback.seek(10_000).ended);
    assert!(!playback.seek(0).ended);
}

#[test]
fn a_run_without_a_deadline_ends_at_its_last_step() {
    let endless = TWO_IN_ONE.replace(
        "\"options\": {",
        "\"options\": { \"timeoutSeconds\": null, \"waitForPowerOn\": true,",
    );
    let mut playback = playback(&endless);
    assert_eq!(playback.end_ms(), 9000);
    let update = playback.seek(u64::MAX);
    assert_eq!((update.at_ms, update.ended), (9000, true));
    assert_eq!(report(&playback) + "\n", replay(endless.as_bytes()));
}

#[test]
fn a_long_recording_is_gone_back_in_through_states_kept() {
    let steps: Vec<String> = (0..400)
        .map(|at| format!(r#"{{ "atMs": {}, "events": [] }}"#, at * 700))
        .collect();
    let recording = format!(
        r#"{{ "format": "vm-customization-recording/1", "startedAt": "2026-03-01T10:00:00Z",
        "vms": [{{ "vm": "vm-1" }}], "options": {{ "waitForPowerOn": true }}, "steps": [{}] }}"#,
        steps.join(",")
    );
    let fresh = playback(&recording);
    let mut playback = fresh.clone();
    for at_ms in [250_000, 100_000, 99_999, 3, 279_300, 279_299, 140_000] {
        playback.seek(at_ms);
        let mut straight = fresh.clone();
        straight.seek(at_ms);
        assert_eq!(report(&playback), report(&straight), "{at_ms}");
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    for (text, place) in [
        ("[", "the recording"),
        (r#"{"format":"x"}"#, "`format` is `x`"),
        ("\u{feff}{}", "`format` is missing"),
    ] {
        let error = Playback::from_json(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
    assert!(Playback::from_json(&[0xff]).is_err());
}

#[test]
fn the_state_of_a_playback_is_that_of_a_monitor_fed_the_same() {
    let mut states = Vec::new();
    let mut run = SteppedRun::new(TWO_IN_ONE);
    for step in 0..run.step_count() {
        run.take_step(step);
        states.push((run.now_ms, run.monitor.report().to_json()));
    }
    let mut playback = playback(TWO_IN_ONE);
    for (at_ms, state) in states {
        playback.seek(at_ms);
        assert_eq!(report(&playback), state);
    }
}
