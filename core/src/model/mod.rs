//! The words of the domain: what is asked for, what comes in, what goes out.

pub(crate) mod event;
pub(crate) mod guest_info;
pub(crate) mod json;
pub(crate) mod options;
pub(crate) mod protocol;
pub(crate) mod report;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod time;

/// Whether a field may be left out of JSON that takes its default where it is absent.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
