//! Values of this crate from JSON text and to it.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use serde::de::DeserializeOwned;
use serde::Serialize;

/// A value from JSON text; the error says where the text is wrong.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(&whole_characters(text)).map_err(|error| error.to_string())
}

/// A value of this crate as JSON text. None of them has what JSON cannot say: a key that is no text.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A number in a message, as it was written: a whole one without a fraction.
pub(crate) fn number(value: f64) -> String {
    let mut text = to_json(&value);
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

/// A JSON array that grows item by item: nothing is held but its text.
#[derive(Debug, Default)]
pub(crate) struct JsonArray(String);

impl JsonArray {
    pub(crate) fn push(&mut self, item: &impl Serialize) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        self.0.push_str(&to_json(item));
    }

    pub(crate) fn into_text(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "[]" } else { "]" });
        self.0
    }
}

/// JSON text in which no escape is half a character. JavaScript writes a text that was cut within a
/// surrogate pair with one, and one such name must not cost a run: it becomes a replacement character.
pub(crate) fn whole_characters(json: &str) -> Cow<'_, str> {
    /// The code of the escape that a text begins with.
    fn code(text: &str) -> Option<u32> {
        u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
    }

    let is_low = |code: u32| (0xdc00..0xe000).contains(&code);
    let mut whole = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some((plain, _)) = json.get(at..).and_then(|rest| rest.split_once('\\')) {
        at += plain.len();
        let escape = json.get(at..).unwrap_or_default();
        at += match code(escape) {
            Some(0xd800..0xdc00) if escape.get(6..).and_then(code).is_some_and(is_low) => 12,
            Some(0xd800..0xe000) => {
                whole.push_str(json.get(copied..at).unwrap_or_default());
                whole.push(char::REPLACEMENT_CHARACTER);
                copied = at + 6;
                6
            }
            Some(_) => 6,
            // A backslash and what it escapes, which may be another one.
            None => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    whole.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        for (json, expected) in [
            (r#""\ud83d\ude00""#, Some("\u{1f600}")),
            (r#""\uD83D\uDE00""#, Some("\u{1f600}")),
            (r#""a\ud83d""#, Some("a\u{fffd}")),
            (r#""\ude00b""#, Some("\u{fffd}b")),
            (r#""\ud83d\ud83d\ude00""#, Some("\u{fffd}\u{1f600}")),
            (r#""\ud83d\n\u0041""#, Some("\u{fffd}\nA")),
            (r#""\\ud83d""#, Some("\\ud83d")),
            (r#""\\\ud83d""#, Some("\\\u{fffd}")),
            (r#""\ud83""#, None),
            (r#""\ud8é""#, None),
            (r#""\ud83d\"#, None),
            (r#""\ud83d\é""#, None),
        ] {
            let text: Option<String> = from_json(json).ok();
            assert_eq!(text.as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn other_text_is_not_even_copied() {
        for json in ["", "{}", r#"{"a":"\u00e9\n"}"#] {
            assert!(matches!(whole_characters(json), Cow::Borrowed(_)), "{json}");
        }
    }
}
