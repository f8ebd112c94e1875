//! The limits that multiply: VMs, events and texts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails says where"
)]

use vm_customization::{
    Completeness, CustomizationStatus, Event, EventPage, FailureDetails, GuestInfo, HostTime, IgnoreReason,
    Monitor, Options, ReadFailure, ReadFailureKind, ServerTime, VmRef, VmReport,
};

const FIELD_BYTES: usize = 4096;
const FIELDS: usize = 5;
const EVENTS_PER_VM: i32 = 64;
const MAX_TEXT_BYTES: usize = 256 * 1024 * 1024;

/// A failure with as much text as is kept of one.
fn failed(vm: &str, key: i32, type_name: &str) -> Event {
    let text = || Some("x".repeat(FIELD_BYTES));
    let details = FailureDetails {
        reason: text(),
        log_location: text(),
        sysprep_version: text(),
        system_version: text(),
        message: text(),
        truncated: false,
    };
    let time = ServerTime::from_unix_ms(i64::from(key) * 2000);
    Event::new(vm, key, time, type_name)
        .unwrap()
        .with_failure(details)
}

fn failures_of(vm: &str) -> EventPage {
    let power_on = Event::new(vm, 0, ServerTime::from_unix_ms(0), "VmStartingEvent").unwrap();
    let failures = (1..EVENTS_PER_VM).map(|key| failed(vm, key, "CustomizationFailed"));
    EventPage {
        events: std::iter::once(power_on).chain(failures).collect(),
        completeness: Completeness::Partial,
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("vm-{number}")).collect()
}

fn vms(names: &[String]) -> Vec<VmRef> {
    names.iter().map(VmRef::new).collect()
}

fn has_texts(row: &VmReport) -> bool {
    let failure = row
        .details
        .as_ref()
        .and_then(|details| details.failure.as_ref())
        .unwrap();
    assert_eq!(failure.type_name, "CustomizationFailed");
    assert_eq!(row.customization_status, CustomizationStatus::CustomizationFailed);
    failure.details.message.is_some()
}

#[test]
fn beyond_256_mib_texts_are_left_out_and_counted_until_room_is_given_back() {
    let texts_per_vm = usize::try_from(EVENTS_PER_VM - 1).unwrap() * FIELDS * FIELD_BYTES;
    let full = MAX_TEXT_BYTES / texts_per_vm;
    let names = names(full + 12);
    let now = HostTime::from_millis(1);
    let options = Options {
        timeout: None,
        wait_for_power_on: true,
        ..Options::default()
    };
    let start = ServerTime::from_unix_ms(0);
    let mut all = vms(&names);
    all.push(VmRef::new("keeps the run open"));
    let mut monitor = Monitor::new(all, options, start, now).unwrap();

    let mut refused = 0;
    for name in &names {
        let ingested = monitor.handle_events(failures_of(name), now);
        assert_eq!(ingested.accepted, u64::try_from(EVENTS_PER_VM).unwrap());
        refused += ingested.ignored.count(IgnoreReason::NoRoomForText);
    }
    let left_over = (MAX_TEXT_BYTES % texts_per_vm) / (FIELDS * FIELD_BYTES);
    let offered = names.len() * usize::try_from(EVENTS_PER_VM - 1).unwrap();
    let kept = full * usize::try_from(EVENTS_PER_VM - 1).unwrap() + left_over;
    assert_eq!(refused, u64::try_from(offered - kept).unwrap());
    assert_eq!(
        monitor.report().ignored.count(IgnoreReason::NoRoomForText),
        refused
    );
    let rows = monitor.rows();
    assert!(rows[..full].iter().all(has_texts));
    assert!(!rows[full + 1..names.len()].iter().any(has_texts));

    // One field more fits to the byte. After that nothing does, and no status changes by it.
    let room = MAX_TEXT_BYTES - kept * FIELDS * FIELD_BYTES;
    assert_eq!(room, FIELD_BYTES);
    for (second, expected) in [(1, refused), (2, refused + 1)] {
        let info = GuestInfo {
            customization_status: Some("TOOLSDEPLOYPKG_FAILED".to_owned()),
            start_time: Some(ServerTime::from_unix_ms(second * 1000)),
            error_msg: Some("y".repeat(FIELD_BYTES)),
            ..GuestInfo::new(names.last().unwrap().clone())
        };
        monitor.handle_guest_info([info].into(), now);
        let report = monitor.report();
        assert_eq!(report.ignored.count(IgnoreReason::NoRoomForText), expected);
    }
    assert!(!has_texts(&monitor.row(names.last().unwrap()).unwrap()));

    // Those that go give their room back.
    let mut fewer = vms(&names[1..]);
    fewer.push(VmRef::new("another"));
    monitor.set_vms(fewer, start, now).unwrap();
    monitor.handle_events(failures_of("another"), now);
    assert!(has_texts(&monitor.row("another").unwrap()));
}

#[test]
fn the_error_of_each_row_keeps_within_the_limit_of_all_texts() {
    let names = names(100_000);
    let now = HostTime::from_millis(1);
    let start = ServerTime::from_unix_ms(0);
    let mut monitor = Monitor::new(vms(&names), Options::default(), start, now).unwrap();
    let message = "x".repeat(FIELD_BYTES);
    let failure = |kind, vm: Option<&str>| ReadFailure {
        kind,
        vm: vm.map(str::to_owned),
        message: Some(message.clone()),
    };
    for name in &names[..10] {
        monitor.handle_read_failed(failure(ReadFailureKind::NoPermission, Some(name)), now);
    }
    monitor.handle_read_failed(failure(ReadFailureKind::Fatal, None), now);
    let errors: Vec<usize> = monitor
        .rows()
        .into_iter()
        .map(|row| row.details.unwrap().error.unwrap().message.len())
        .collect();
    assert_eq!(errors.len(), names.len());
    assert!(errors[..10].iter().all(|bytes| *bytes == FIELD_BYTES));
    assert!(errors[10..].iter().sum::<usize>() <= MAX_TEXT_BYTES);
}
