//! Snapshots: what is restored is a run like any other.

use serde_json::Value;
use vm_customization::{
    Conclusion, CustomizationStatus, HostTime, Monitor, RestoreError, ServerTime, Snapshot, TimeDown,
};

/// Restores a run from a document, goes on with it to its end, and stops and restores it on the way.
pub fn check(document: &[u8]) {
    let now = HostTime::from_millis(0);
    let restore = |text: &[u8]| {
        let snapshot = Snapshot::from_json(text)?;
        Monitor::restore(snapshot, TimeDown::Excluded, ServerTime::from_unix_ms(0), now)
    };
    let mut monitor = match restore(document) {
        Ok(monitor) => monitor,
        Err(error) => return assert_names_a_place(&error),
    };
    drain(&mut monitor);
    assert_coherent(&monitor);
    let written = monitor.snapshot().to_json();
    let mut again = restore(written.as_bytes()).unwrap();
    drain(&mut again);
    assert_eq!(again.snapshot().to_json(), written);
    assert_eq!(again.report(), monitor.report());
    for _ in 0..MAX_CALLS {
        let Some(due) = monitor.poll_timeout() else {
            break;
        };
        monitor.handle_timeout(due.at);
        again.handle_timeout(due.at);
        assert_eq!(drain(&mut again), drain(&mut monitor));
        assert_coherent(&monitor);
    }
    monitor.cancel(HostTime::from_millis(u64::MAX));
    drain(&mut monitor);
    assert!(monitor.is_ended());
    assert_coherent(&monitor);
    assert!(restore(monitor.snapshot().to_json().as_bytes()).is_ok());
}

/// How often a run is called on its way: without an answer it asks again for as long as its deadline allows.
const MAX_CALLS: usize = 20;

fn drain(monitor: &mut Monitor) -> String {
    monitor.drain(None).to_json()
}

fn assert_names_a_place(error: &RestoreError) {
    if let RestoreError::Malformed(why) = error {
        let places = [" column ", " index ", "vms[", "`", " VMs ", "options"];
        assert!(places.iter().any(|place| why.contains(place)), "{why}");
    }
}

/// What each row has to say, whatever a run was restored from.
pub fn assert_coherent(monitor: &Monitor) {
    let snapshot: Value = serde_json::from_str(&monitor.snapshot().to_json()).unwrap();
    let options = &snapshot["options"];
    // The published rules take the option and do not know it.
    let awaits_ready = !options["ready"].is_null() && options["rules"] != "published";
    for row in monitor.rows() {
        let is_completed = row.conclusion == Some(Conclusion::Completed);
        // A success is completed only once its guest is ready, where that is waited for (D19).
        let is_ready = !awaits_ready
            || row
                .details
                .as_ref()
                .is_some_and(|details| details.ready_at.is_some());
        let status = row.customization_status;
        let is_result =
            status.is_result() && (is_ready || status != CustomizationStatus::CustomizationSucceeded);
        assert_eq!(is_completed, is_result, "{row:?}");
        let is_by_end = matches!(row.conclusion, Some(Conclusion::TimedOut | Conclusion::Cancelled));
        assert!(!is_by_end || monitor.is_ended(), "{row:?}");
    }
}
