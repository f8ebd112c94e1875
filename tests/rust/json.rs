//! The formats of our own are read to any depth of what is passed over, and to a bounded one of what is not.

use serde_json::{json, Value};
use vm_customization::{
    limits_to_json, GuestInfo, HostTime, Monitor, Options, ReadFailure, Recording, RunConfig, RunInput,
    VmRef, EVENT_TYPES,
};

#[test]
fn nesting_is_skipped_at_any_depth() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let document = format!("[{{\"vm\":\"vm-1\",\"other\":{deep}}}]");
    assert_eq!(VmRef::list_from_json(&document).unwrap().len(), 1);
    assert!(GuestInfo::list_from_json(&"[".repeat(100_000)).is_err());
}

/// JavaScript keeps a text that was cut within a character, and writes it as JSON with half a surrogate pair.
#[test]
fn a_text_that_ends_within_a_character_costs_no_document() {
    let half = r#""web-\ud83d""#;
    let vms = format!(r#"[{{"vm":"vm-1","name":{half}}}]"#);
    let config = format!(r#"{{"vms":{vms},"serverNow":"2026-03-01T10:00:00Z"}}"#);
    let recording = format!(
        r#"{{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":{vms},
            "steps":[{{"atMs":0,"readFailed":{{"kind":"fatal","message":{half}}}}}]}}"#
    );
    let name = Some("web-\u{fffd}");
    assert_eq!(VmRef::list_from_json(&vms).unwrap()[0].name.as_deref(), name);
    assert_eq!(
        RunConfig::from_json(&config).unwrap().vms[0].name.as_deref(),
        name
    );
    let info = GuestInfo::list_from_json(&format!(r#"{{"vm":"vm-1","errorMsg":{half}}}"#)).unwrap();
    assert_eq!(info[0].error_msg.as_deref(), name);
    let failure = format!(r#"{{"kind":"fatal","message":{half}}}"#);
    assert_eq!(ReadFailure::from_json(&failure).unwrap().message.as_deref(), name);
    let step = RunInput::step_from_json(&format!(r#"{{"atMs":0,"readFailed":{failure}}}"#)).unwrap();
    assert!(step.contains("web-\u{fffd}"));
    let report = Recording::from_json(&recording).unwrap().play();
    assert_eq!(report.vms[0].name.as_deref(), name);
}

#[test]
fn a_step_that_is_none_is_refused_with_what_it_lacks() {
    for (step, why) in [
        ("{}", "missing field `atMs`"),
        (r#"{"atMs":-1}"#, "the step.atMs is -1: "),
        (r#"{"atMs":0,"event":[]}"#, "unknown field `event`"),
        (r#"{"atMs":0,"guestInfo":{}}"#, "missing field `vm`"),
        (r#"{"atMs":0,"readFailed":{}}"#, "missing field `kind`"),
        (r#"{"atMs":0,"vms":[]}"#, "the step.serverTime is missing"),
        ("5", "expected a step"),
    ] {
        let error = RunInput::step_from_json(step).unwrap_err().to_string();
        assert!(error.contains(why), "{step}: {error}");
    }
}

#[test]
fn the_limits_are_those_that_hold() {
    let limits: Value = serde_json::from_str(&limits_to_json()).unwrap();
    let options: Options = serde_json::from_value(limits["options"].clone()).unwrap();
    assert_eq!(options, Options::default());
    assert_eq!(limits["eventTypes"], json!(EVENT_TYPES));
    let start = "2026-03-01T10:00:00Z".parse().unwrap();
    let monitor = |count: u64| {
        let vms = (0..count)
            .map(|number| VmRef::new(format!("vm-{number}")))
            .collect();
        Monitor::new(vms, Options::default(), start, HostTime::from_millis(0))
    };
    let max_vms = limits["maxVms"].as_u64().unwrap();
    assert!(monitor(max_vms).is_ok());
    assert!(monitor(max_vms + 1).is_err());
    let recording = |options: String, at_ms: u64| {
        let format = limits["formats"]["recording"].as_str().unwrap();
        let text = format!(
            r#"{{"format":"{format}","startedAt":"2026-03-01T10:00:00Z","vms":[],"options":{options},
                "steps":[{{"atMs":{at_ms}}}]}}"#
        );
        Recording::from_json(&text)
    };
    let (max_seconds, max_at_ms) = (&limits["maxSeconds"], limits["maxAtMs"].as_u64().unwrap());
    assert!(recording(json!({ "timeoutSeconds": max_seconds }).to_string(), max_at_ms).is_ok());
    assert!(recording("{}".to_owned(), max_at_ms + 1).is_err());
    let more = max_seconds.as_f64().unwrap() + 0.001;
    assert!(recording(json!({ "timeoutSeconds": more }).to_string(), 0).is_err());
}
