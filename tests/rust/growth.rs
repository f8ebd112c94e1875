//! Documents that grow: what is read of them, and what memory that takes, grows with their length alone.
//!
//! Counted is what is allocated, in all and at once, which is the same on every machine: a reading that starts over,
//! copies what it has, or keeps a tree shows in it. What is looked at without being kept shows in the instructions that
//! what ships takes, beside the largest documents (`tests/shipped`). How long it takes stands in the measurements
//! (`cargo xtask bench`).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use std::fmt::Write;
use std::hint::black_box;

use vm_customization::{
    replay, wire, Completeness, GuestInfo, HostTime, Monitor, Options, Playback, Recording, RunConfig,
    RunInput, ServerTime, Snapshot, TimeDown, VmRef, MAX_VMS,
};

use crate::families::{filled, numbered, Family, HEAD, JSON, LINES, RECORDINGS, RECORDINGS_OF_VMS, SOAP};

/// Reads a document.
type Reader = (&'static str, fn(&[u8]));

/// Bytes in memory at once, by byte of the document: the limit of docs/behaviour.md.
const AT_ONCE: u64 = 16;

/// The same of documents of VMs, which their number bounds: the shortest text of one has 9 bytes, its state 1.6 kB.
const AT_ONCE_OF_VMS: u64 = 160;

/// What is allocated whatever the length, in bytes.
const BASE: u64 = 96 * 1024;

const WIRE: [Reader; 7] = [
    ("decode", |document| drop(black_box(wire::decode(document)))),
    ("to_vi_json", |document| {
        drop(black_box(wire::to_vi_json(document)));
    }),
    ("items_to_json", |document| {
        drop(black_box(wire::items_to_json(document)));
    }),
    ("event_keys", |document| {
        drop(black_box(wire::event_keys(document)));
    }),
    ("summarize_to_json", |document| {
        drop(black_box(wire::summarize_to_json(document)));
    }),
    ("soap_tree", |document| drop(black_box(wire::soap_tree(document)))),
    ("events_to_step", |document| {
        drop(black_box(RunInput::events_to_step(
            document,
            Completeness::Complete,
            0,
        )));
    }),
];

const PLAYERS: [Reader; 2] = [
    ("replay", |document| drop(black_box(replay(document)))),
    ("Playback", |document| {
        drop(black_box(Playback::from_json(document)));
    }),
];

const INPUTS: [Family; 3] = [
    ("lists in lists", |n| filled("", "[", "", n)),
    ("half characters", |n| filled(r#"[{"vm":""#, "\\ud83d", "\"}]", n)),
    ("members", |n| {
        numbered(r#"{"format":"vm-customization-snapshot/2""#, r#","a#":0"#, "}", n)
    }),
];

const INPUTS_OF_VMS: [Family; 3] = [
    ("guest info", |n| {
        filled("[", r#"{"vm":"a"},"#, r#"{"vm":"a"}]"#, n)
    }),
    ("VMs", |n| numbered("[", r#"{"vm":"x#"},"#, r#"{"vm":"a"}]"#, n)),
    ("a snapshot", |n| {
        let vms = (0..n / 512)
            .map(|number| VmRef::new(format!("vm-{number}")))
            .collect();
        let now = HostTime::from_millis(0);
        let mut monitor = Monitor::new(vms, Options::default(), ServerTime::from_unix_ms(0), now).unwrap();
        monitor.cancel(now);
        monitor.snapshot().to_json().into_bytes()
    }),
];

const BOUNDARY: [Reader; 5] = [
    ("guest info", |json| {
        drop(black_box(GuestInfo::list_from_json(text(json))));
    }),
    ("VMs", |json| drop(black_box(VmRef::list_from_json(text(json))))),
    ("configuration", |json| {
        drop(black_box(RunConfig::from_json(text(json))));
    }),
    ("step", |json| {
        drop(black_box(RunInput::step_from_json(text(json))));
    }),
    ("snapshot", |json| {
        let (server_now, now) = (ServerTime::from_unix_ms(0), HostTime::from_millis(0));
        let restored = Snapshot::from_json(json)
            .and_then(|snapshot| Monitor::restore(snapshot, TimeDown::Counts, server_now, now));
        drop(black_box(restored));
    }),
];

fn text(json: &[u8]) -> &str {
    std::str::from_utf8(json).unwrap_or_default()
}

/// Grows each family by two and by four: what is allocated grows no faster, and what is held at once stays within the
/// limit.
fn grow(families: &[Family], readers: &[Reader], at_once: u64) {
    let mut faults = String::new();
    for (family, document) in families {
        for (reader, read) in readers {
            let mut before: Option<(u64, u64)> = None;
            for factor in [1, 2, 4] {
                let document = document(16 * 1024 * factor);
                let counted = allocation_counter::measure(|| read(&document));
                let length = u64::try_from(document.len()).unwrap();
                let is_linear = before.is_none_or(|(length_before, total_before)| {
                    counted.bytes_total <= total_before * length * 5 / 4 / length_before + BASE
                });
                if counted.bytes_max > at_once * length + BASE || !is_linear {
                    writeln!(
                        faults,
                        "{reader} of {family}, {length} bytes: {counted:?}, before {before:?}"
                    )
                    .unwrap();
                }
                before = Some((length, counted.bytes_total));
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn json_is_read_in_memory_that_grows_with_its_length_alone() {
    grow(&JSON, &WIRE, AT_ONCE);
}

#[test]
fn lines_are_read_in_memory_that_grows_with_their_length_alone() {
    grow(&LINES, &WIRE, AT_ONCE);
    grow(&LINES, &PLAYERS, AT_ONCE);
}

#[test]
fn soap_is_read_in_memory_that_grows_with_its_length_alone() {
    grow(&SOAP, &WIRE, AT_ONCE);
}

#[test]
fn recordings_are_read_in_memory_that_grows_with_their_length_alone() {
    grow(&RECORDINGS, &PLAYERS, AT_ONCE);
}

#[test]
fn what_hosts_say_is_read_in_memory_that_grows_with_its_length_alone() {
    grow(&INPUTS, &BOUNDARY, AT_ONCE);
}

#[test]
fn vms_are_read_in_memory_that_grows_with_their_number_alone() {
    grow(&RECORDINGS_OF_VMS, &PLAYERS, AT_ONCE_OF_VMS);
    grow(&INPUTS_OF_VMS, &BOUNDARY, AT_ONCE_OF_VMS);
}

#[test]
fn more_guest_info_than_there_can_be_vms_is_refused() {
    let list = |count: usize| format!("[{}]", vec![r#"{"vm":"a"}"#; count].join(","));
    assert_eq!(GuestInfo::list_from_json(&list(MAX_VMS)).unwrap().len(), MAX_VMS);
    let error = GuestInfo::list_from_json(&list(MAX_VMS + 1)).unwrap_err();
    assert!(error.contains("guest info of 100001 VMs"), "{error}");
}

#[test]
fn more_inputs_than_a_recording_has_room_for_are_refused() {
    let step = format!(
        r#"{{"atMs":0,"guestInfo":[{}]}}"#,
        vec![r#"{"vm":"a"}"#; MAX_VMS].join(",")
    );
    let recording = |after: &str| format!("{HEAD}{}{after}]}}", [step.as_str(); 10].join(","));
    assert!(Recording::from_json(&recording("")).is_ok());
    let error = Recording::from_json(&recording(r#",{"atMs":0,"loggedIn":true}"#)).unwrap_err();
    assert!(
        error.to_string().contains("steps[10]: more than 1000000 inputs"),
        "{error}"
    );
}

#[test]
fn after_100_lines_that_are_no_recordings_the_rest_is_not_read() {
    let recording = format!("{HEAD}]}}\n");
    let lines = |bad: usize| replay(format!("{}{recording}", "1\n".repeat(bad)).as_bytes());
    assert_eq!(lines(99).lines().count(), 100);
    assert!(lines(99)
        .lines()
        .last()
        .unwrap()
        .contains("vm-customization-report/1"));
    let stopped = lines(100);
    assert_eq!(stopped.lines().count(), 101);
    assert!(
        stopped
            .lines()
            .last()
            .unwrap()
            .contains("100 lines are no recordings"),
        "{stopped}"
    );
}
