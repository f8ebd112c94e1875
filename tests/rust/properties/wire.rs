//! Documents of events in any form: each of their readers finds the same in one, and none of them needs whole characters.

use serde_json::{json, Value};
use vm_customization::wire::{decode, event_keys, items_to_json, summarize, to_vi_json, WireError};
use vm_customization::{IgnoreReason, IgnoredCounts, ServerTime};

use super::{json_documents, soap_documents};

/// Reads a document in every way, and compares what is found with what the models find.
pub fn check(document: &[u8]) {
    let text = String::from_utf8_lossy(document);
    assert_eq!(decode(document), decode(text.as_bytes()), "{text}");
    assert_eq!(to_vi_json(document), to_vi_json(text.as_bytes()), "{text}");
    if let Err(WireError::Syntax(why)) = decode(document) {
        assert!(names_a_place(&why), "{why}: {text}");
    }
    let content = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if content.trim_start().starts_with('<') {
        soap_documents::compare(content);
    } else {
        json_documents::compare(content);
    }
}

/// Whether an error says where: by line and column, or by what stands there.
pub(super) fn names_a_place(why: &str) -> bool {
    let is_number = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let at = |name: &str| {
        why.match_indices(name)
            .any(|(at, _)| is_number(&why[at + name.len()..]))
    };
    at("line ") && at("column ") || at(" at ") || why.contains('`')
}

/// The beginning of a text, as it is shown in an error.
pub(super) fn shown(text: &str) -> &str {
    let end = (0..=text.len().min(64))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// A time as a recording has it.
pub(super) fn recorded_time(time: &str) -> String {
    if time.len() <= 64 {
        return time.to_owned();
    }
    let readable: Result<ServerTime, _> = time.parse();
    readable.map_or_else(|_| format!("{}…", shown(time)), |time| time.to_string())
}

/// What `decode`, which passes over what it has no use for, says of a document is what it says of all its items.
pub(super) fn check_forms(document: &str) {
    // Of an item that is no XML each may leave out another part: an element that is passed over ends at its end tag, and what is
    // before that is not read.
    if document.trim_start().starts_with('<') && roxmltree::Document::parse(document).is_err() {
        return;
    }
    let Ok(all) = to_vi_json(document.as_bytes()) else {
        return;
    };
    let (once, again) = (
        decode(document.as_bytes()).unwrap(),
        decode(all.as_bytes()).unwrap(),
    );
    assert_eq!(once.events, again.events, "{document}");
    // What is passed over by its type is not read, broken as it may be: then the reason is another, and the count the same.
    let left_out = |ignored: &IgnoredCounts| ignored.iter().map(|(_, times)| times).sum::<u64>();
    if again.ignored.count(IgnoreReason::Malformed) == 0 {
        assert_eq!(once.ignored, again.ignored, "{document}");
    } else {
        assert_eq!(left_out(&once.ignored), left_out(&again.ignored), "{document}");
    }
    assert_eq!(
        event_keys(document.as_bytes()).unwrap(),
        event_keys(all.as_bytes()).unwrap(),
        "{document}"
    );
    // Views see an event in what the machine takes, and in nothing else.
    let seen: Vec<_> = summarize(document.as_bytes())
        .unwrap()
        .into_iter()
        .filter_map(|event| Some((event.kind?, event.vm?, event.key?, event.created_time)))
        .collect();
    let taken: Vec<_> = once
        .events
        .iter()
        .map(|event| {
            (
                event.kind(),
                event.vm().to_owned(),
                event.key(),
                event.created_time(),
            )
        })
        .collect();
    assert_eq!(seen, taken, "{document}");
    let items: Value = serde_json::from_str(&items_to_json(document.as_bytes()).unwrap()).unwrap();
    assert_eq!(items["ignored"], json!(once.ignored), "{document}");
    let items = items["items"].as_array().unwrap();
    let events: Vec<_> = items.iter().map(|item| item["event"].clone()).collect();
    let mut all: Vec<Value> = serde_json::from_str(&all).unwrap();
    // What has nothing of an event is counted alone.
    all.retain(|item| !item.is_null() && *item != json!({}));
    assert_eq!(events, all, "{document}");
}
