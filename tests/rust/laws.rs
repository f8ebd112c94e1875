//! The laws that hold for every run, as properties over random inputs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use std::time::Duration;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vm_customization::wire::{decode, event_keys, soap_tree, to_vi_json};
use vm_customization::{
    replay, Attempts, Completeness, Conclusion, CustomizationStatus, Event, EventPage, GuestInfo, Hint,
    HostTime, Monitor, Options, Output, ReadFailure, ReadFailureKind, ReadReason, Ready, Report, Rules,
    ServerTime, Snapshot, TimeDown, Transition, VmRef, VmReport, EVENT_TYPES,
};
use vm_customization_tests::properties::snapshots::assert_coherent;

const START_MS: i64 = 1_772_359_200_000;
const VMS: [&str; 3] = ["vm-1", "vm-2", "vm-3"];

fn at(ms: u64) -> HostTime {
    HostTime::from_millis(ms)
}

fn server(ms: i64) -> ServerTime {
    ServerTime::from_unix_ms(START_MS + ms)
}

/// An event that a VM may have, close enough to others that order matters.
fn event() -> impl Strategy<Value = Event> {
    let vm = prop_oneof![4 => Just("vm-1"), 4 => Just("vm-2"), 1 => Just("vm-9")];
    let time = prop_oneof![
        -3_i64..4,
        -300_002_i64..-299_997,
        (-20_i64..20).prop_map(|s| s * 1000)
    ];
    let type_name = prop_oneof![
        3 => Just("VmStartingEvent"),
        3 => Just("CustomizationStartedEvent"),
        6 => prop::sample::select(EVENT_TYPES.to_vec()),
    ];
    (vm, -5_i32..12, time, type_name).prop_map(|(vm, key, ms, name)| {
        let event = Event::new(vm, key, server(ms), name).unwrap();
        // Of copies with the same time the first one lends its name.
        event.with_vm_name(&format!("{vm} at {ms}"))
    })
}

/// Events of which many are copies of others, in chains of a second and of other times.
fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(event(), 0..24)
}

fn ended_at(monitor: &Monitor) -> Duration {
    Duration::from_millis(monitor.report().ended_at_ms.unwrap())
}

fn options() -> impl Strategy<Value = Options> {
    (
        prop::sample::select(vec![Attempts::Follow, Attempts::First, Attempts::Reopen]),
        any::<bool>(),
        prop::option::weighted(0.8, 0_u64..40_000),
        prop::sample::select(vec![Rules::Default, Rules::Default, Rules::Published]),
        prop::sample::select(vec![None, Some(Ready::Tools), Some(Ready::GuestOperations)]),
        prop::sample::select(vec![0_u64, 5000, 30_000]),
    )
        .prop_map(
            |(attempts, wait_for_power_on, timeout_ms, rules, ready, settle_ms)| Options {
                rules,
                timeout: timeout_ms.map(Duration::from_millis),
                attempts,
                wait_for_power_on,
                ready,
                settle: Duration::from_millis(settle_ms),
                ..Options::default()
            },
        )
}

fn default_options() -> impl Strategy<Value = Options> {
    options().prop_map(|options| Options {
        rules: Rules::Default,
        ..options
    })
}

#[derive(Debug, Clone)]
enum Input {
    Events(Vec<Event>, Completeness),
    GuestInfo(GuestInfo),
    ReadFailed(ReadFailure),
    LoggedIn,
    Vms(Vec<&'static str>),
    Timeout,
    Cancel,
}

fn input() -> impl Strategy<Value = Input> {
    let kind = prop::sample::select(vec![
        ReadFailureKind::NotAuthenticated,
        ReadFailureKind::NoPermission,
        ReadFailureKind::NotFound,
        ReadFailureKind::Transient,
        ReadFailureKind::Transient,
        ReadFailureKind::Fatal,
    ]);
    let vm = prop::option::weighted(0.8, prop::sample::select(vec!["vm-1", "vm-2", "vm-9"]));
    let completeness = prop::sample::select(vec![Completeness::Complete, Completeness::Partial]);
    prop_oneof![
        6 => (prop::collection::vec(event(), 0..5), completeness).prop_map(|(events, complete)| Input::Events(events, complete)),
        2 => guest_info().prop_map(Input::GuestInfo),
        2 => (kind, vm).prop_map(|(kind, vm)| Input::ReadFailed(ReadFailure { kind, vm: vm.map(str::to_owned), message: None })),
        1 => Just(Input::LoggedIn),
        2 => Just(Input::Timeout),
        1 => Just(Input::Cancel),
    ]
}

/// An input, or now and then other VMs to watch.
fn input_or_vms() -> impl Strategy<Value = Input> {
    let vms = prop::collection::vec(prop::sample::select(vec!["vm-1", "vm-2", "vm-3", "vm-9"]), 0..4);
    prop_oneof![4 => input(), 1 => vms.prop_map(Input::Vms)]
}

fn guest_info() -> impl Strategy<Value = GuestInfo> {
    let status = prop::option::of(prop::sample::select(vec![
        "IDLE",
        "PENDING",
        "RUNNING",
        "SUCCEEDED",
        "FAILED",
        "NEW",
    ]));
    (
        status,
        prop::option::of(-5_i64..5),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::sample::select(vec![
            "poweredOn",
            "poweredOff",
            "suspended",
            "new",
        ])),
        prop::option::of(prop::sample::select(vec![-301, -300, -299, 1])),
        readiness(),
    )
        .prop_map(|(status, start, pending, power, boot, readiness)| GuestInfo {
            customization_status: status.map(|status| format!("TOOLSDEPLOYPKG_{status}")),
            start_time: start.map(server),
            end_time: start.map(|ms| server(ms + 1)),
            pending_customization: pending,
            power_state: power.map(str::to_owned),
            boot_time: boot.map(|s| server(s * 1000)),
            ..readiness
        })
}

/// What is told of a guest's readiness, most often that it is ready.
fn readiness() -> impl Strategy<Value = GuestInfo> {
    let tools = prop_oneof![
        4 => Just(Some("guestToolsRunning")),
        1 => Just(Some("guestToolsNotRunning")),
        1 => Just(None),
    ];
    let operations = prop_oneof![4 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)];
    (tools, operations).prop_map(|(tools, operations)| GuestInfo {
        tools_running_status: tools.map(str::to_owned),
        guest_operations_ready: operations,
        ..GuestInfo::new("vm-1")
    })
}

fn monitor(options: &Options) -> Monitor {
    let vms = VMS.iter().map(|vm| VmRef::new(*vm)).collect();
    Monitor::new(vms, options.clone(), server(0), at(0)).unwrap()
}

fn feed(monitor: &mut Monitor, input: Input, now: HostTime) {
    match input {
        Input::Events(events, completeness) => {
            monitor.handle_events(EventPage { events, completeness }, now);
        }
        Input::GuestInfo(info) => monitor.handle_recorded_guest_info([info].into(), now),
        Input::ReadFailed(failure) => monitor.handle_read_failed(failure, now),
        Input::LoggedIn => monitor.handle_logged_in(now),
        Input::Vms(vms) => {
            let vms = vms.into_iter().map(VmRef::new).collect();
            let server_now = server(i64::try_from(now.as_millis() % (1 << 40)).unwrap());
            // The published rules refuse.
            let _ = monitor.set_vms(vms, server_now, now);
        }
        Input::Timeout => monitor.handle_timeout(now),
        Input::Cancel => monitor.cancel(now),
    }
}

fn drain(monitor: &mut Monitor) -> Vec<Output> {
    std::iter::from_fn(|| monitor.poll_output()).collect()
}

/// Calls the monitor at each time it names, up to and including `until_ms`, with no other input.
fn run_clock(monitor: &mut Monitor, until_ms: u64) {
    for _ in 0..10_000 {
        drain(monitor);
        match monitor.poll_timeout() {
            Some(due) if due.at.as_millis() <= until_ms => monitor.handle_timeout(due.at),
            Some(_) | None => return,
        }
    }
    panic!(
        "the monitor asks to be called again and again at {:?}",
        monitor.poll_timeout()
    );
}

/// Whether an input at `now` finds the run over.
fn is_over(monitor: &Monitor, now_ms: u64) -> bool {
    let mut later = monitor.clone();
    later.handle_logged_in(at(now_ms));
    later.is_ended()
}

/// Rows without what may depend on how things were told.
fn rows(report: Report) -> Vec<VmReport> {
    report
        .vms
        .into_iter()
        .map(|mut row| {
            if let Some(details) = &mut row.details {
                details.revised = false;
            }
            row
        })
        .collect()
}

/// Rows after pages that arrive while the run goes on: it waits for power-ons and for a VM that
/// never has an event.
fn rows_after(pages: &[Vec<Event>], attempts: Attempts) -> Vec<VmReport> {
    let options = Options {
        attempts,
        wait_for_power_on: true,
        ..Options::default()
    };
    let mut monitor = monitor(&options);
    for page in pages {
        let page = EventPage {
            events: page.clone(),
            completeness: Completeness::Complete,
        };
        monitor.handle_events(page, at(1));
        drain(&mut monitor);
    }
    assert!(!monitor.is_ended());
    rows(monitor.report())
}

fn assert_chain(transitions: &[Transition], report: &Report) {
    for (step, n) in transitions.iter().zip(report.transitions_dropped..) {
        assert_eq!(step.n, n, "{transitions:?}");
    }
    for row in &report.vms {
        let mut status = CustomizationStatus::VmNotStarted;
        let mut at_ms = 0;
        for step in transitions.iter().filter(|step| step.vm == row.vm) {
            assert_eq!(step.from, status, "{transitions:?}");
            assert!(step.at_ms >= at_ms, "{transitions:?}");
            assert!(!(step.inferred && step.event_key.is_some()), "{transitions:?}");
            status = step.to;
            at_ms = step.at_ms;
        }
        assert_eq!(row.customization_status, status, "{transitions:?}");
    }
}

/// Host times, and counts of a snapshot, at the ends of what they can be.
fn extreme() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0_u64),
        Just(1),
        Just(14_999),
        Just(u64::from(u32::MAX)),
        Just(u64::MAX - 15_000),
        Just(u64::MAX - 1),
        Just(u64::MAX),
        any::<u64>(),
    ]
}

/// Every number somewhere in a document.
fn numbers(value: &mut serde_json::Value) -> Vec<&mut serde_json::Value> {
    match value {
        serde_json::Value::Number(_) => vec![value],
        serde_json::Value::Array(items) => items.iter_mut().flat_map(numbers).collect(),
        serde_json::Value::Object(members) => members.values_mut().flat_map(numbers).collect(),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => Vec::new(),
    }
}

/// Where the values of a document stand, as JSON pointers.
fn places(value: &serde_json::Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        serde_json::Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{number}"), into);
            }
        }
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{name}"), into);
            }
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

/// A change of one value in a document.
#[derive(Debug, Clone)]
enum Edit {
    Number(u64),
    Text(&'static str),
    Null,
    Not,
    /// The value that another place has.
    Other(prop::sample::Index),
    Removed,
    Twice,
}

fn edit() -> impl Strategy<Value = (prop::sample::Index, Edit)> {
    let text = prop::sample::select(vec![
        "completed",
        "timedOut",
        "cancelled",
        "notStarted",
        "VmNotStarted",
        "CustomizationStarted",
        "CustomizationSucceeded",
        "CustomizationFailed",
        "VmRemovedEvent",
        "vm-1",
        "9999-12-31T23:59:59Z",
        "",
    ]);
    let edit = prop_oneof![
        extreme().prop_map(Edit::Number),
        text.prop_map(Edit::Text),
        Just(Edit::Null),
        Just(Edit::Not),
        any::<prop::sample::Index>().prop_map(Edit::Other),
        Just(Edit::Removed),
        Just(Edit::Twice),
    ];
    (any::<prop::sample::Index>(), edit)
}

fn apply(document: &mut serde_json::Value, (place, edit): (prop::sample::Index, Edit)) {
    let mut found = Vec::new();
    places(document, "", &mut found);
    let place = place.get(&found);
    let (holder, name) = place.rsplit_once('/').unwrap_or_default();
    let by = match edit {
        Edit::Number(number) => number.into(),
        Edit::Text(text) => text.into(),
        Edit::Null => serde_json::Value::Null,
        Edit::Not => (document.pointer(place) == Some(&false.into())).into(),
        Edit::Other(other) => document
            .pointer(&found[other.index(found.len())])
            .unwrap()
            .clone(),
        Edit::Removed | Edit::Twice => {
            let is_twice = matches!(edit, Edit::Twice);
            let holder = document.pointer_mut(holder).unwrap();
            if let Some(items) = holder.as_array_mut() {
                // The document itself stands in no list, though an edit may have made one of it.
                let Ok(number) = name.parse::<usize>() else {
                    return;
                };
                if is_twice {
                    items.insert(number, items[number].clone());
                } else {
                    items.remove(number);
                }
            } else if let Some(members) = holder.as_object_mut().filter(|_| !is_twice) {
                members.remove(name);
            }
            return;
        }
    };
    *document.pointer_mut(place).unwrap() = by;
}

/// Feeds inputs at any times, calling the monitor in between at each time that it names.
fn drive(monitor: &mut Monitor, inputs: impl IntoIterator<Item = (u64, Input)>) {
    for (now, input) in inputs {
        if let Some(due) = monitor.poll_timeout() {
            monitor.handle_timeout(due.at);
        }
        feed(monitor, input, at(now));
        drain(monitor);
        let _ = monitor.report();
    }
}

fn power_on(key: i32) -> Event {
    Event::new("vm-1", key, server(i64::from(key) * 1000), "VmStartingEvent").unwrap()
}

#[test]
fn each_number_of_a_snapshot_may_be_as_large_as_it_can_be() {
    for (rules, attempts) in [
        (Rules::Default, Attempts::Reopen),
        (Rules::Default, Attempts::Follow),
        (Rules::Published, Attempts::Follow),
    ] {
        let mut before = monitor(&Options {
            rules,
            attempts,
            timeout: None,
            ready: Some(Ready::Tools),
            ..Options::default()
        });
        // More attempts than are kept, a guest that settles, a failed read, and a refusal.
        let success = Event::new("vm-3", 80, server(80_000), "CustomizationSucceeded").unwrap();
        let started = Event::new("vm-3", 79, server(79_000), "VmStartingEvent").unwrap();
        let power_ons = (0..70).map(power_on).chain([started, success]).collect();
        let settling = GuestInfo {
            tools_running_status: Some("guestToolsRunning".to_owned()),
            ..GuestInfo::new("vm-3")
        };
        let failure = |kind, vm: Option<&str>| {
            Input::ReadFailed(ReadFailure {
                kind,
                vm: vm.map(str::to_owned),
                message: None,
            })
        };
        feed(
            &mut before,
            Input::Events(power_ons, Completeness::Complete),
            at(1),
        );
        feed(&mut before, Input::GuestInfo(settling.clone()), at(2));
        feed(&mut before, failure(ReadFailureKind::Transient, None), at(2));
        feed(
            &mut before,
            failure(ReadFailureKind::NotFound, Some("vm-2")),
            at(3),
        );
        let snapshot: serde_json::Value = serde_json::from_str(&before.snapshot().to_json()).unwrap();
        for place in 0..numbers(&mut snapshot.clone()).len() {
            for value in [0, u64::from(u32::MAX), u64::MAX] {
                let mut changed = snapshot.clone();
                *numbers(&mut changed)[place] = value.into();
                let Ok(snapshot) = Snapshot::from_json(changed.to_string().as_bytes()) else {
                    continue;
                };
                let Ok(mut after) = Monitor::restore(snapshot, TimeDown::Counts, server(4), at(4)) else {
                    continue;
                };
                let more = (100..180).map(power_on).collect();
                drive(
                    &mut after,
                    [
                        (5, Input::Events(more, Completeness::Complete)),
                        (6, failure(ReadFailureKind::Transient, None)),
                        (7, Input::GuestInfo(settling.clone())),
                        (u64::MAX, Input::Timeout),
                    ],
                );
                let _ = after.snapshot().to_json();
            }
        }
    }
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused_with_its_place() {
    for (rules, place, by, why) in [
        (
            Rules::Default,
            "/run/default/vms/1/concludedByEnd",
            "\"cancelled\"",
            "vms[1] has",
        ),
        (
            Rules::Default,
            "/run/default/vms/1/concludedByEnd",
            "\"completed\"",
            "vms[1] has",
        ),
        (
            Rules::Default,
            "/run/default/vms/2/lastEmitted/atMs",
            "101",
            "vms[2] has",
        ),
        (Rules::Default, "/endedAtMs", "101", "`endedAtMs` is after"),
        (
            Rules::Default,
            "/vms/1/vm",
            "\"vm-1\"",
            "it names 2 VMs and has the state of 3",
        ),
        (Rules::Default, "/options/rules", "\"published\"", "other rules"),
        (
            Rules::Published,
            "/run/published/concludedByEnd",
            "\"timedOut\"",
            "vms[0] has",
        ),
    ] {
        let options = Options {
            rules,
            ..Options::default()
        };
        let mut before = monitor(&options);
        feed(
            &mut before,
            Input::Events(vec![power_on(1)], Completeness::Complete),
            at(100),
        );
        let restored = |snapshot: &serde_json::Value| {
            let snapshot = Snapshot::from_json(snapshot.to_string().as_bytes()).unwrap();
            Monitor::restore(snapshot, TimeDown::Excluded, server(100), at(100)).map(drop)
        };
        let mut snapshot: serde_json::Value = serde_json::from_str(&before.snapshot().to_json()).unwrap();
        restored(&snapshot).unwrap();
        *snapshot.pointer_mut(place).unwrap() = serde_json::from_str(by).unwrap();
        let error = restored(&snapshot).unwrap_err().to_string();
        assert!(error.contains(why), "{place}: {error}");
    }
}

#[test]
fn an_event_dated_an_hour_ahead_hides_nothing_of_another_vm() {
    let mut monitor = monitor(&Options::default());
    let ahead = Event::new("vm-1", 1, server(3_600_000), "VmStartingEvent").unwrap();
    let power_on = Event::new("vm-2", 2, server(-1000), "VmStartingEvent").unwrap();
    feed(
        &mut monitor,
        Input::Events(vec![ahead, power_on], Completeness::Complete),
        at(100),
    );
    drain(&mut monitor);
    monitor.handle_timeout(at(15_100));
    let asked = drain(&mut monitor);
    // The first read was asked for at the start.
    assert!(matches!(&asked[..], [Output::Read(query)] if query.since == server(-30_000)));
}

#[test]
fn a_vm_that_drops_out_of_an_answer_makes_it_reach_no_further_than_to_when_it_was_asked_for() {
    let mut monitor = monitor(&Options::default());
    let ahead = Event::new("vm-1", 1, server(3_600_000), "VmStartingEvent").unwrap();
    // One answer in parts, 20 s after it was asked for.
    let parts = [
        Input::Events(vec![ahead], Completeness::Partial),
        Input::ReadFailed(ReadFailure {
            kind: ReadFailureKind::NoPermission,
            vm: Some("vm-2".to_owned()),
            message: None,
        }),
        Input::Events(vec![], Completeness::Complete),
    ];
    for part in parts {
        feed(&mut monitor, part, at(20_000));
    }
    drain(&mut monitor);
    monitor.handle_timeout(at(35_000));
    let asked = drain(&mut monitor);
    assert!(matches!(&asked[..], [Output::Read(query)] if query.since == server(-30_000)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_host_time_and_no_number_in_a_snapshot_makes_it_panic(
        options in options(),
        began in extreme(),
        before in prop::collection::vec((extreme(), input_or_vms()), 0..8),
        changes in prop::collection::vec((any::<prop::sample::Index>(), extreme()), 0..3),
        time_down in prop::sample::select(vec![TimeDown::Counts, TimeDown::Excluded]),
        server_ms in any::<i64>(),
        after in prop::collection::vec((extreme(), input_or_vms()), 0..8),
    ) {
        let vms = VMS.iter().map(|vm| VmRef::new(*vm)).collect();
        let mut monitor = Monitor::new(vms, options, server(0), at(began)).unwrap();
        drive(&mut monitor, before);
        let mut snapshot = serde_json::from_str(&monitor.snapshot().to_json()).unwrap();
        for (place, value) in changes {
            let mut found = numbers(&mut snapshot);
            let at = place.index(found.len());
            *found[at] = value.into();
        }
        let Ok(snapshot) = Snapshot::from_json(snapshot.to_string().as_bytes()) else {
            return Ok(());
        };
        let server_now = ServerTime::from_unix_ms(server_ms);
        if let Ok(mut monitor) = Monitor::restore(snapshot, time_down, server_now, at(began)) {
            drive(&mut monitor, after);
            let _ = monitor.snapshot().to_json();
        }
    }

    #[test]
    fn no_edit_of_a_snapshot_makes_it_panic_or_contradict_itself(
        options in options(),
        before in prop::collection::vec((0_u64..400_000, input_or_vms()), 0..8),
        edits in prop::collection::vec(edit(), 1..4),
        time_down in prop::sample::select(vec![TimeDown::Counts, TimeDown::Excluded]),
        after in prop::collection::vec((0_u64..400_000, input_or_vms()), 0..4),
    ) {
        let vms = VMS.iter().map(|vm| VmRef::new(*vm)).collect();
        let mut monitor = Monitor::new(vms, options, server(0), at(0)).unwrap();
        drive(&mut monitor, before);
        let mut snapshot = serde_json::from_str(&monitor.snapshot().to_json()).unwrap();
        for edit in edits {
            apply(&mut snapshot, edit);
        }
        let Ok(snapshot) = Snapshot::from_json(snapshot.to_string().as_bytes()) else {
            return Ok(());
        };
        let Ok(mut monitor) = Monitor::restore(snapshot, time_down, server(500), at(0)) else {
            return Ok(());
        };
        assert_coherent(&monitor);
        drive(&mut monitor, after);
        assert_coherent(&monitor);
        // Whatever it was restored from, it is a run like any other now.
        let again = Snapshot::from_json(monitor.snapshot().to_json().as_bytes());
        let again = again.and_then(|again| Monitor::restore(again, TimeDown::Excluded, server(500), at(0)));
        prop_assert!(again.is_ok(), "{again:?}");
    }

    #[test]
    fn order_batching_and_duplicates_do_not_matter(
        events in events(),
        shuffled in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(0_usize..24, 0..6),
        again in prop::collection::vec(0_usize..24, 0..6),
        attempts in prop::sample::select(vec![Attempts::Follow, Attempts::First, Attempts::Reopen]),
    ) {
        let straight = rows_after(std::slice::from_ref(&events), attempts);
        let mut other = events.clone();
        other.reverse();
        other.rotate_left(if events.is_empty() { 0 } else { shuffled.index(events.len()) });
        for place in again {
            if let Some(event) = events.get(place) {
                other.insert(place.min(other.len()), event.clone());
            }
        }
        let mut pages = vec![Vec::new()];
        for (place, event) in other.into_iter().enumerate() {
            if cuts.contains(&place) {
                pages.push(Vec::new());
            }
            pages.last_mut().unwrap().push(event);
        }
        prop_assert_eq!(rows_after(&pages, attempts), straight);
    }

    #[test]
    fn order_and_repeats_of_reads_change_nothing_of_when_a_guest_is_ready(
        options in default_options(),
        ready in prop::sample::select(vec![Ready::Tools, Ready::GuestOperations]),
        events in events(),
        shuffled in any::<prop::sample::Index>(),
        told in prop::collection::vec((0_u64..9000, readiness(), any::<bool>()), 0..12),
    ) {
        let options = Options { ready: Some(ready), timeout: None, wait_for_power_on: true, ..options };
        let mut turned = events.clone();
        turned.reverse();
        turned.rotate_left(if events.is_empty() { 0 } else { shuffled.index(events.len()) });
        let mut straight = monitor(&options);
        feed(&mut straight, Input::Events(events.clone(), Completeness::Complete), at(0));
        let mut other = monitor(&options);
        for event in turned {
            feed(&mut other, Input::Events(vec![event], Completeness::Partial), at(0));
        }
        feed(&mut other, Input::Events(Vec::new(), Completeness::Complete), at(0));
        let mut now = 0;
        for (pause, info, reads_again) in told {
            now += pause;
            feed(&mut straight, Input::GuestInfo(info.clone()), at(now));
            feed(&mut other, Input::GuestInfo(info), at(now));
            if reads_again {
                feed(&mut other, Input::Events(events.clone(), Completeness::Complete), at(now));
            }
        }
        prop_assert_eq!(rows(other.report()), rows(straight.report()));
    }

    #[test]
    fn a_run_comes_to_an_end_with_rows_and_chains(
        options in options(),
        inputs in prop::collection::vec((0_u64..9000, input()), 0..20),
    ) {
        let mut monitor = monitor(&options);
        let mut now = 0;
        for (pause, input) in inputs {
            now += pause;
            run_clock(&mut monitor, now.saturating_sub(1));
            feed(&mut monitor, input, at(now));
            drain(&mut monitor);
        }
        if let Some(timeout) = options.timeout {
            run_clock(&mut monitor, u64::MAX);
            if options.rules == Rules::Published {
                // The script waits for its read, however long that takes, and 15 s more.
                while !monitor.is_ended() {
                    let due = monitor.poll_timeout().map_or(now, |due| due.at.as_millis());
                    now = now.max(due);
                    monitor.handle_timeout(at(now));
                    let page = EventPage { events: Vec::new(), completeness: Completeness::Complete };
                    monitor.handle_events(page, at(now));
                }
            } else {
                prop_assert!(ended_at(&monitor) <= timeout + Duration::from_secs(5));
            }
            prop_assert!(monitor.is_ended());
            prop_assert!(monitor.report().vms.iter().all(|row| row.conclusion.is_some()));
        }
        let report = monitor.report();
        prop_assert_eq!(report.vms.len(), VMS.len());
        assert_chain(&report.transitions, &report);
    }

    #[test]
    fn vms_that_came_at_the_start_are_as_if_there_from_the_start(
        options in default_options(),
        others in prop::sample::select(vec![vec![], vec!["vm-8"], vec!["vm-2", "vm-8"]]),
        inputs in prop::collection::vec((0_u64..9000, input()), 0..20),
    ) {
        // Without a VM only a reopen run goes on.
        prop_assume!(!others.is_empty() || options.attempts == Attempts::Reopen);
        let mut from_the_start = monitor(&options);
        let before = others.iter().map(|vm| VmRef::new(*vm)).collect();
        let mut came = Monitor::new(before, options, server(0), at(0)).unwrap();
        feed(&mut came, Input::Vms(VMS.to_vec()), at(0));
        // The reason of the read is all that may differ.
        let asked = |monitor: &mut Monitor| {
            drain(monitor).into_iter().map(|mut output| {
                if let Output::Read(query) = &mut output {
                    query.reason = ReadReason::Start;
                }
                output
            }).collect::<Vec<_>>()
        };
        prop_assert_eq!(asked(&mut came), asked(&mut from_the_start));
        let mut now = 0;
        for (pause, input) in inputs {
            now += pause;
            run_clock(&mut from_the_start, now.saturating_sub(1));
            run_clock(&mut came, now.saturating_sub(1));
            feed(&mut from_the_start, input.clone(), at(now));
            feed(&mut came, input, at(now));
            prop_assert_eq!(came.report(), from_the_start.report());
            prop_assert_eq!(came.poll_timeout(), from_the_start.poll_timeout());
            prop_assert_eq!(asked(&mut came), asked(&mut from_the_start));
        }
    }

    #[test]
    fn a_run_whose_vms_change_has_a_row_for_each_of_the_last_and_ends_in_time(
        options in default_options(),
        inputs in prop::collection::vec((0_u64..9000, input_or_vms()), 0..20),
    ) {
        let mut monitor = monitor(&options);
        let mut watched = VMS.to_vec();
        let mut now = 0;
        for (pause, input) in inputs {
            now += pause;
            run_clock(&mut monitor, now.saturating_sub(1));
            let kept = monitor.report().vms;
            if let (Input::Vms(vms), false) = (&input, is_over(&monitor, now)) {
                watched.clear();
                watched.extend(vms.iter().enumerate().filter(|(at, vm)| !vms[..*at].contains(vm)).map(|(_, vm)| *vm));
                feed(&mut monitor, input, at(now));
                for row in kept {
                    if let Some(after) = monitor.row(&row.vm) {
                        prop_assert_eq!(after.customization_status, row.customization_status);
                    }
                }
            } else {
                feed(&mut monitor, input, at(now));
            }
            drain(&mut monitor);
            let rows: Vec<String> = monitor.rows().into_iter().map(|row| row.vm).collect();
            prop_assert_eq!(&rows, &watched);
        }
        if let Some(timeout) = options.timeout {
            run_clock(&mut monitor, u64::MAX);
            prop_assert!(ended_at(&monitor) <= timeout + Duration::from_secs(5));
            prop_assert!(monitor.rows().iter().all(|row| row.conclusion.is_some()));
        }
    }

    #[test]
    fn each_read_begins_30_s_before_what_complete_ones_reach_to_and_no_later_than_they_were_asked_for(
        options in default_options(),
        future in prop::option::of(0_i64..90_000_000),
        inputs in prop::collection::vec((0_u64..9000, input()), 0..20),
        hop in 0_usize..20,
        clock_is_off_by in -100_000_i64..100_000,
    ) {
        let mut monitor = monitor(&options);
        let opens = server(-300_000);
        // The clock that bounds the reads: a server time, and the host time at which it was that.
        let mut clock = (server(0), 0_u64);
        let mut asked_by = server(0);
        let (mut newest, mut reach): (Option<ServerTime>, Option<ServerTime>) = (None, None);
        let mut inputs = inputs;
        inputs.extend(future.map(|ms| {
            let event = Event::new("vm-1", 99, server(ms), "CustomizationStartedEvent").unwrap();
            (10, Input::Events(vec![event], Completeness::Complete))
        }));
        let turn = hop.min(inputs.len());
        inputs.rotate_right(turn);
        // VMs that were removed and are there again, and whether a read was asked for that names them: of them nothing was
        // read meanwhile.
        let mut back: BTreeMap<String, bool> = BTreeMap::new();
        let unread = |monitor: &Monitor, conclusion: Conclusion| -> BTreeSet<String> {
            let rows = monitor.rows().into_iter();
            rows.filter(|row| row.conclusion == Some(conclusion)).map(|row| row.vm).collect()
        };
        let mut now = 0;
        let check = |monitor: &mut Monitor, now: u64, clock: (ServerTime, u64), asked_by: &mut ServerTime, reach: Option<ServerTime>, back: &mut BTreeMap<String, bool>| {
            for output in drain(monitor) {
                if let Output::Read(query) = output {
                    let from_reach = reach.map_or(opens, |reach| reach.minus_ms(30_000).max(opens));
                    let named = |vm: &String| query.vms.contains(vm);
                    let since = if back.keys().any(named) { opens } else { from_reach };
                    assert_eq!(query.since, since);
                    if query.reason != ReadReason::VmDropped {
                        back.iter_mut().filter(|(vm, _)| named(vm)).for_each(|(_, asked)| *asked = true);
                    }
                    let server_now = clock.0.plus_ms(now - clock.1);
                    *asked_by = if query.reason == ReadReason::VmDropped { server_now.min(*asked_by) } else { server_now };
                }
            }
        };
        check(&mut monitor, 0, clock, &mut asked_by, reach, &mut back);
        for (place, (pause, input)) in inputs.into_iter().enumerate() {
            while let Some(due) = monitor.poll_timeout().filter(|due| due.at < at(now + pause)) {
                now = due.at.as_millis();
                monitor.handle_timeout(due.at);
                check(&mut monitor, now, clock, &mut asked_by, reach, &mut back);
            }
            now += pause;
            if place == hop {
                let server_now = server(i64::try_from(now).unwrap() + clock_is_off_by);
                let snapshot = Snapshot::from_json(monitor.snapshot().to_json().as_bytes()).unwrap();
                monitor = Monitor::restore(snapshot, TimeDown::Excluded, server_now, at(now)).unwrap();
                clock = (server_now, now);
                check(&mut monitor, now, clock, &mut asked_by, reach, &mut back);
            }
            if is_over(&monitor, now) {
                break;
            }
            if let Input::Events(events, completeness) = &input {
                let of_watched = events.iter().filter(|event| VMS.contains(&event.vm()) && event.created_time() >= opens);
                newest = newest.max(of_watched.map(Event::created_time).max());
                if *completeness == Completeness::Complete {
                    back.retain(|_, asked| !*asked);
                    reach = newest.map(|newest| newest.min(asked_by));
                }
            }
            let removed = unread(&monitor, Conclusion::VmRemoved);
            feed(&mut monitor, input, at(now));
            let still = &unread(&monitor, Conclusion::VmRemoved) | &unread(&monitor, Conclusion::Unobservable);
            back.extend((&removed - &still).into_iter().map(|vm| (vm, false)));
            check(&mut monitor, now, clock, &mut asked_by, reach, &mut back);
        }
    }

    #[test]
    fn the_hint_of_an_open_row_is_always_the_one_emitted_last(
        options in default_options(),
        stuck_after_ms in prop::sample::select(vec![0, 1000, 20_000]),
        inputs in prop::collection::vec((prop_oneof![0_u64..9000, 59_000_u64..62_000], input_or_vms()), 0..20),
        hop in 0_usize..20,
    ) {
        let options = Options { stuck_after: Duration::from_millis(stuck_after_ms), ..options };
        let mut monitor = monitor(&options);
        let mut emitted: BTreeMap<String, Hint> = BTreeMap::new();
        let mut note = |monitor: &mut Monitor| {
            for output in drain(monitor) {
                match output {
                    Output::Transition(step) => emitted.remove(&step.vm),
                    Output::Stuck { vm, hint } => emitted.insert(vm, hint),
                    Output::Concluded(_) | Output::Read(_) | Output::LogIn | _ => None,
                };
            }
            emitted.retain(|vm, _| monitor.row(vm).is_some());
            emitted.clone()
        };
        let mut now = 0;
        for (place, (pause, input)) in inputs.into_iter().enumerate() {
            now += pause;
            while let Some(due) = monitor.poll_timeout().filter(|due| due.at < at(now)) {
                monitor.handle_timeout(due.at);
                note(&mut monitor);
            }
            if place == hop {
                let snapshot = Snapshot::from_json(monitor.snapshot().to_json().as_bytes()).unwrap();
                let server_now = server(i64::try_from(now).unwrap());
                monitor = Monitor::restore(snapshot, TimeDown::Counts, server_now, at(now)).unwrap();
            }
            feed(&mut monitor, input, at(now));
            note(&mut monitor);
            monitor.handle_timeout(at(now));
            let emitted = note(&mut monitor);
            for row in monitor.rows() {
                if row.conclusion.is_none() {
                    prop_assert_eq!(row.details.unwrap().hint, emitted.get(&row.vm).copied());
                }
            }
        }
    }

    #[test]
    fn what_comes_after_the_end_changes_nothing(
        options in options(),
        inputs in prop::collection::vec(input_or_vms(), 0..6),
        later in prop::collection::vec(input_or_vms(), 1..6),
    ) {
        let mut monitor = monitor(&options);
        for input in inputs {
            feed(&mut monitor, input, at(10));
        }
        monitor.cancel(at(20));
        drain(&mut monitor);
        let before = serde_json::to_string(&monitor.report()).unwrap();
        for input in later {
            feed(&mut monitor, input, at(30));
        }
        prop_assert!(drain(&mut monitor).is_empty());
        prop_assert_eq!(monitor.poll_timeout(), None);
        prop_assert_eq!(serde_json::to_string(&monitor.report()).unwrap(), before);
    }

    #[test]
    fn snapshot_and_restore_at_any_step_change_nothing(
        options in options(),
        inputs in prop::collection::vec((0_u64..9000, input_or_vms()), 0..12),
        hop in 0_usize..12,
    ) {
        let mut straight = monitor(&options);
        let mut hopped = straight.clone();
        let mut numbers = Vec::new();
        let mut note_numbers = |monitor: &mut Monitor| {
            numbers.extend(drain(monitor).into_iter().filter_map(|output| match output {
                Output::Transition(step) => Some(step.n),
                Output::Concluded(_)
                | Output::Stuck { .. }
                | Output::Read(_)
                | Output::ReadGuestInfo(_)
                | Output::LogIn
                | _ => None,
            }));
        };
        let mut now = 0;
        for (place, (pause, input)) in inputs.into_iter().enumerate() {
            now += pause;
            run_clock(&mut straight, now.saturating_sub(1));
            run_clock(&mut hopped, now.saturating_sub(1));
            if place == hop {
                let snapshot = Snapshot::from_json(hopped.snapshot().to_json().as_bytes()).unwrap();
                let server_now = server(i64::try_from(now).unwrap());
                straight.handle_timeout(at(now));
                hopped = Monitor::restore(snapshot, TimeDown::Counts, server_now, at(now)).unwrap();
                hopped.handle_timeout(at(now));
            }
            feed(&mut straight, input.clone(), at(now));
            feed(&mut hopped, input, at(now));
            note_numbers(&mut hopped);
        }
        prop_assert_eq!(&numbers, &(0..).take(numbers.len()).collect::<Vec<u64>>());
        prop_assert_eq!(
            serde_json::to_string(&hopped.report()).unwrap(),
            serde_json::to_string(&straight.report()).unwrap()
        );
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        let _ = soap_tree(&bytes);
        let _ = event_keys(&bytes);
        let _ = replay(&bytes);
        let _ = Snapshot::from_json(&bytes);
    }

    #[test]
    fn no_damage_to_a_real_document_makes_the_decoder_panic(
        document in prop::sample::select(vec![
            vm_customization_tests::text("wire/samples/soap_QueryEventsResponse.xml"),
            vm_customization_tests::text("wire/samples/vijson_events_all_classes.json"),
            vm_customization_tests::text("wire/samples/DrsVmPoweredOnEvent.cloudevent.json"),
            vm_customization_tests::text("conformance/recordings/D13-log-in-again-and-read-on.recording.json"),
        ]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = document.into_bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = decode(&bytes);
        let _ = replay(&bytes);
        let _ = soap_tree(&bytes[..end.index(bytes.len())]);
        if let Ok(json) = to_vi_json(&bytes) {
            let again = decode(json.as_bytes()).unwrap();
            let once = decode(&bytes).unwrap();
            prop_assert_eq!(again.events, once.events);
            prop_assert_eq!(again.ignored, once.ignored);
        }
    }
}
