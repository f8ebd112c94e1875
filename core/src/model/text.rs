//! Bounds on text that comes from outside.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;

/// The most bytes kept of any one string field.
pub(crate) const MAX_STRING_BYTES: usize = 4096;

/// The most bytes of text that one monitor keeps in all: 256 MiB. What it keeps beside them is bounded
/// by other limits.
pub(crate) const MAX_TEXT_BYTES: usize = 256 * 1024 * 1024;

/// How many bytes of names, failure details, messages and names of unknown types one monitor keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TextBudget {
    kept: usize,
    refused: u64,
}

impl TextBudget {
    /// Whether a text of `after` bytes may take the place of one of `before`; a refusal is counted. First
    /// come, first kept.
    pub(crate) fn admits(&mut self, before: usize, after: usize) -> bool {
        let has_room = after <= before || self.kept - before.min(self.kept) + after <= MAX_TEXT_BYTES;
        self.refused = self.refused.saturating_add(u64::from(!has_room));
        has_room
    }

    /// What had `before` bytes of text has `after`.
    pub(crate) fn replace(&mut self, before: usize, after: usize) {
        self.kept = self.kept.saturating_sub(before).saturating_add(after);
    }

    /// How many were refused since this was asked last.
    pub(crate) fn take_refused(&mut self) -> u64 {
        core::mem::take(&mut self.refused)
    }
}

/// How many bytes a text has that may be absent.
pub(crate) fn bytes_of(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

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

/// What a name that was cut ends with. The mark stands in the name itself, so that it goes along
/// wherever names go: snapshots, recordings, hosts.
const CUT_MARK: char = '…';

/// A name for people, bounded like any text; one that is cut shows it.
pub(crate) fn label(name: &str) -> String {
    if name.len() <= MAX_STRING_BYTES {
        return name.to_owned();
    }
    let (mut kept, _) = cut(name, MAX_STRING_BYTES - CUT_MARK.len_utf8());
    kept.push(CUT_MARK);
    kept
}

/// Whether [`label`] has cut this name. One of the greatest length that ends so by itself is
/// taken for one: vSphere's own names have 80 characters at most.
pub(crate) fn is_cut_label(name: &str) -> bool {
    // A character that does not fit whole leaves up to three bytes unused.
    name.len() > MAX_STRING_BYTES - 4 && name.ends_with(CUT_MARK)
}

/// A name as people see it: vCenter keeps the characters `%`, `/` and `\` of one as `%25`, `%2f` and `%5c`, and so do its
/// events.
pub(crate) fn shown_name(name: &str) -> Cow<'_, str> {
    if !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut shown = String::with_capacity(name.len());
    let mut pieces = name.split('%');
    shown.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let escaped = [("25", '%'), ("2f", '/'), ("2F", '/'), ("5c", '\\'), ("5C", '\\')]
            .iter()
            .find_map(|(code, character)| Some((*character, piece.strip_prefix(code)?)));
        let (character, rest) = escaped.unwrap_or(('%', piece));
        shown.push(character);
        shown.push_str(rest);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::{cut, is_cut_label, label, shown_name, String, TextBudget, MAX_STRING_BYTES, MAX_TEXT_BYTES};

    #[test]
    fn a_name_that_is_cut_shows_it_and_is_cut_once_only() {
        for (character, fits) in [("a", 4096), ("é", 2048), ("日", 1365), ("😀", 1024)] {
            let whole = character.repeat(fits);
            assert_eq!(label(&whole), whole);
            assert!(!is_cut_label(&whole));
            let kept = label(&character.repeat(fits + 1));
            assert!(kept.len() <= MAX_STRING_BYTES);
            assert!(is_cut_label(&kept), "{}", kept.len());
            assert_eq!(label(&kept), kept);
        }
        assert!(!is_cut_label("web…"));
    }

    #[test]
    fn a_name_is_shown_without_the_escapes_that_vcenter_keeps() {
        for (kept, shown) in [
            ("web-1", "web-1"),
            ("a%2fb%2Fc", "a/b/c"),
            ("d%5ce%5C", "d\\e\\"),
            ("50%25", "50%"),
            ("%252f", "%2f"),
            ("%25%32f", "%%32f"),
            ("100%", "100%"),
            ("%", "%"),
            ("%2", "%2"),
            ("%é", "%é"),
        ] {
            assert_eq!(shown_name(kept), shown, "{kept}");
        }
    }

    #[test]
    fn a_text_is_refused_from_the_first_byte_on_that_does_not_fit() {
        let mut budget = TextBudget::default();
        budget.replace(0, MAX_TEXT_BYTES - 10);
        assert!(budget.admits(0, 10));
        assert!(!budget.admits(0, 11));
        assert!(budget.admits(1, 11));
        assert_eq!(budget.take_refused(), 1);
        budget.replace(0, 100);
        assert!(budget.admits(20, 20), "what is there may always be made smaller");
        assert!(!budget.admits(0, 1));
        budget.replace(91, 0);
        assert!(budget.admits(0, 1), "room is given back");
    }

    #[test]
    fn text_is_cut_on_a_character_boundary_and_flagged() {
        assert_eq!(cut("abc", 3), ("abc".into(), false));
        assert_eq!(cut("aé", 2), ("a".into(), true));
        assert_eq!(cut("aé", 3), ("aé".into(), false));
        assert_eq!(cut("é", 0), (String::new(), true));
    }
}
