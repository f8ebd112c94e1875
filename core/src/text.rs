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

/// The text before and from `at` on. `str::split_at` brings code that describes a bad place to people.
#[inline]
pub(crate) fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Where `part` begins in `text`. `str::find` brings a search that is made for long parts.
pub(crate) fn find(text: &str, part: &str) -> Option<usize> {
    text.as_bytes()
        .windows(part.len())
        .position(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{cut, find, split, String};

    #[test]
    fn a_part_is_found_where_it_first_begins() {
        assert_eq!(find("a-->-->", "-->"), Some(1));
        assert_eq!(find("--", "-->"), None);
        assert_eq!(split("é-->", 2), ("é", "-->"));
        assert_eq!(split("é", 1), ("é", ""));
    }

    #[test]
    fn text_is_cut_on_a_character_boundary_and_flagged() {
        assert_eq!(cut("abc", 3), ("abc".into(), false));
        assert_eq!(cut("aé", 2), ("a".into(), true));
        assert_eq!(cut("aé", 3), ("aé".into(), false));
        assert_eq!(cut("é", 0), (String::new(), true));
    }
}
