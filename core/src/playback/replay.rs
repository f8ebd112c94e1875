//! Recordings in, reports out, as text.

use alloc::string::{String, ToString};

use serde::Serialize;

use crate::formats::recording::Recording;
use crate::model::json::to_json;
use crate::wire::is_one_document;

/// Plays one recording, or one per line, and gives a report per line.
///
/// A line that cannot be read gives `{"error":{"code":…,"message":…}}` in its place.
pub fn replay(input: &[u8]) -> String {
    let mut output = String::new();
    let is_one = core::str::from_utf8(input)
        .is_ok_and(|text| is_one_document(text.strip_prefix('\u{feff}').unwrap_or(text)));
    let documents = if is_one {
        alloc::vec![input]
    } else {
        input.split(|byte| *byte == b'\n').collect()
    };
    for document in documents {
        if !document.iter().all(u8::is_ascii_whitespace) {
            output.push_str(&replay_one(document));
            output.push('\n');
        }
    }
    output
}

fn replay_one(document: &[u8]) -> String {
    #[derive(Serialize)]
    struct ErrorLine {
        error: ErrorJson,
    }

    #[derive(Serialize)]
    struct ErrorJson {
        code: &'static str,
        message: String,
    }

    match Recording::from_bytes(document, false) {
        Ok(recording) => recording.play().to_json(),
        Err(error) => to_json(&ErrorLine {
            error: ErrorJson {
                code: error.code(),
                message: error.to_string(),
            },
        }),
    }
}
