//! What a VM's status is: the rules, and what is known of one VM.

pub(crate) mod assess;
pub(crate) mod conclusion;
pub(crate) mod hint;
pub(crate) mod history;
pub(crate) mod published;
pub(crate) mod readiness;
pub(crate) mod retention;
pub(crate) mod time_window;
pub(crate) mod transitions;
