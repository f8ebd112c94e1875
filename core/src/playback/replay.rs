//! Recordings in, reports out, as text.

use alloc::format;
use alloc::string::{String, ToString};

use serde::Serialize;

use crate::formats::recording::{Recording, RecordingError};
use crate::model::json::to_json;
use crate::wire::is_one_document;

/// The most lines that cannot be read: an error is many times as long as the shortest of them.
const MAX_BAD_LINES: usize = 100;

/// Plays one recording, or one per line, and gives a report per line.
///
/// A line that cannot be read gives `{"error":{"code":…,"message":…}}` in its place. After the 100th the rest is not read,
/// and the last line says so.
pub fn replay(input: &[u8]) -> String {
    let is_one = core::str::from_utf8(input)
        .is_ok_and(|text| is_one_document(text.strip_prefix('\u{feff}').unwrap_or(text)));
    let mut output = String::new();
    let mut bad = 0;
    for document in input.split(|byte| *byte == b'\n' && !is_one) {
        if document.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if bad == MAX_BAD_LINES {
            let error = RecordingError::Malformed(format!(
                "{MAX_BAD_LINES} lines are no recordings: the rest is not read"
            ));
            output.push_str(&error_line(&error));
            output.push('\n');
            break;
        }
        match Recording::from_bytes(document, false) {
            Ok(recording) => output.push_str(&recording.play().to_json()),
            Err(error) => {
                bad += 1;
                output.push_str(&error_line(&error));
            }
        }
        output.push('\n');
    }
    output
}

fn error_line(error: &RecordingError) -> String {
    #[derive(Serialize)]
    struct ErrorLine {
        error: ErrorJson,
    }

    #[derive(Serialize)]
    struct ErrorJson {
        code: &'static str,
        message: String,
    }

    to_json(&ErrorLine {
        error: ErrorJson {
            code: error.code(),
            message: error.to_string(),
        },
    })
}
