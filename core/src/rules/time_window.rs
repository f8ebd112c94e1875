//! The time window of a run, or of a VM that came to it on the way (D1, D2).

use crate::model::options::{to_ms, Attempts, Options, Window};
use crate::model::time::ServerTime;

/// What does not change during a run and bears on every assessment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TimeWindow {
    /// Events before this are of no interest (D1).
    pub(crate) opens: ServerTime,
    /// The start of the run in server time.
    pub(crate) start: ServerTime,
    pub(crate) attempts: Attempts,
}

impl TimeWindow {
    /// The window of a run, or of a VM, that begins at `start`.
    pub(crate) fn of(options: &Options, start: ServerTime) -> Self {
        Self {
            opens: match options.window {
                Window::Lookback(lookback) => start.minus_ms(to_ms(lookback)),
                Window::Since(time) => time,
            },
            start,
            attempts: options.attempts,
        }
    }
}
