//! Values of this crate from JSON text and to it.

use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

/// A value from JSON text; the error says where the text is wrong.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A value of this crate as JSON text. None of them has what JSON cannot say: a key that is no text.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
