//! Bounds on text that comes from outside.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// The most bytes kept of any one string field.
pub(crate) const MAX_STRING_BYTES: usize = 4096;

/// `text` cut to at most `max` bytes on a character boundary, and whether it was cut.
pub(crate) fn cut(text: &str, max: usize) -> (String, bool) {
    if text.len() <= max {
        return (text.to_owned(), false);
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (text.get(..end).unwrap_or_default().to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::{cut, String};

    #[test]
    fn text_is_cut_on_a_character_boundary_and_flagged() {
        assert_eq!(cut("abc", 3), ("abc".into(), false));
        assert_eq!(cut("aé", 2), ("a".into(), true));
        assert_eq!(cut("aé", 3), ("aé".into(), false));
        assert_eq!(cut("é", 0), (String::new(), true));
    }
}
