//! Recordings, and what hosts say to a monitor in the same words.

use serde_json::{json, Value};
use vm_customization::{
    Completeness, GuestInfo, Playback, ReadFailure, Recording, RecordingError, RunConfig, RunInput, VmRef,
};

/// Reads a document as a recording and as each part of one; plays what can be played in every way, and as it is written
/// down again.
pub fn check(document: &[u8]) {
    if let Ok(text) = std::str::from_utf8(document) {
        check_parts(text);
    }
    let mut playback = match Playback::from_json(document) {
        Ok(playback) => playback,
        Err(error) => return assert_names_a_place(&error),
    };
    let text = std::str::from_utf8(document).unwrap();
    let report = Recording::from_json(text.trim_start_matches('\u{feff}'))
        .unwrap()
        .play()
        .to_json();
    for at_ms in [playback.end_ms() / 2, playback.end_ms(), 0, playback.end_ms()] {
        playback.seek(at_ms);
    }
    assert_eq!(playback.report().to_json(), report);
    let played = |text: &str| {
        Recording::from_json(text)
            .ok()
            .map(|recording| recording.play().to_json())
    };
    // Of two members of one name `serde_json` takes the last.
    let json = serde_json::from_str::<Value>(text).ok();
    if let Some(json) = json.filter(|json| played(&json.to_string()).as_ref() == Some(&report)) {
        let written = written_again(&json);
        assert_eq!(played(&written).as_ref(), Some(&report), "{written}");
    }
}

/// What is read is written so that it reads as the same, and what is not says why.
fn check_parts(text: &str) {
    let errors = [
        RunConfig::from_json(text).err(),
        VmRef::list_from_json(text).err(),
        GuestInfo::list_from_json(text).err(),
        ReadFailure::from_json(text).err(),
    ];
    for error in errors.iter().flatten() {
        assert!(error.contains(" column ") || error.contains('`'), "{error}");
    }
    match RunInput::step_from_json(text) {
        Ok(step) => assert_eq!(RunInput::step_from_json(&step).unwrap(), step),
        Err(error) => assert!(error.to_string().starts_with("the step"), "{error}"),
    }
}

fn assert_names_a_place(error: &RecordingError) {
    let why = error.to_string();
    let places = ["the recording", "`", "startedAt", "vms", "options", "steps"];
    assert!(places.iter().any(|place| why.starts_with(place)), "{why}");
}

/// A recording as a recorder writes it.
pub fn written_again(recording: &Value) -> String {
    let mut config = json!({ "vms": recording["vms"], "serverNow": recording["startedAt"] });
    if let Some(options) = recording.get("options").filter(|options| !options.is_null()) {
        config["options"] = options.clone();
    }
    let config = RunConfig::from_json(&config.to_string()).unwrap();
    let steps: Vec<String> = recording["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(steps_of)
        .collect();
    Recording::to_json(&config, &steps)
}

/// A step as a recorder writes it: one for each input.
fn steps_of(step: &Value) -> Vec<String> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a moment has no fraction and is not negative"
    )]
    let at_ms = step["atMs"].as_f64().unwrap() as u64;
    let mut steps = Vec::new();
    if let Some(events) = step.get("events") {
        let document = events.as_str().map_or_else(|| events.to_string(), str::to_owned);
        let completeness = if step["complete"] == false {
            Completeness::Partial
        } else {
            Completeness::Complete
        };
        let written = RunInput::events_to_step(document.as_bytes(), completeness, at_ms);
        steps.push(written.unwrap_or_else(|error| {
            let failure = error.read_failure();
            RunInput::ReadFailed { failure }.to_step(at_ms)
        }));
    }
    let others: [&[&str]; 5] = [
        &["guestInfo"],
        &["readFailed"],
        &["loggedIn"],
        &["vms", "serverTime"],
        &["cancel"],
    ];
    for names in others {
        let mut input = json!({ "atMs": at_ms });
        for name in names {
            if let Some(value) = step.get(name) {
                input[name] = value.clone();
            }
        }
        if input.get(names[0]).is_some() {
            steps.push(RunInput::step_from_json(&input.to_string()).unwrap());
        }
    }
    if steps.is_empty() {
        steps.push(json!({ "atMs": at_ms }).to_string());
    }
    steps
}
