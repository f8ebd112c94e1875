//! When to read, from when on, and what to do when a read fails: rules D10, D13 and D14.
//!
//! Times here are milliseconds of host time since the start of the run.

use serde::{Deserialize, Serialize};

use crate::model::protocol::{DeadlineReason, ReadReason};
use crate::model::time::ServerTime;

/// D14: how far before the newest event seen the next read begins; events commit out of order.
const OVERLAP_MS: u64 = 30_000;

/// D13: the longest wait between two tries, in milliseconds.
const MAX_BACKOFF_MS: u64 = 30_000;

/// What the host is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Read(ReadReason),
    LogIn,
}

/// The alias is the name in snapshots of format 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum State {
    /// Nothing is under way until the next safety read.
    Idle(Wait),
    /// A read was asked for and is not answered.
    #[default]
    Reading,
    /// A read failed; it is tried again then.
    WaitingToRead(Wait),
    /// A log-in was asked for and is not answered.
    LoggingIn,
    /// A log-in failed or did not help; it is tried again then.
    WaitingToLogIn(Wait),
    /// There is no VM left to read.
    #[serde(alias = "parked")]
    Paused,
}

impl State {
    fn is_logging_in(self) -> bool {
        match self {
            Self::LoggingIn | Self::WaitingToLogIn(_) => true,
            Self::Idle(_) | Self::Reading | Self::WaitingToRead(_) | Self::Paused => false,
        }
    }
}

/// Until when nothing is to do. The aliases are the names in snapshots of before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wait {
    #[serde(alias = "until_ms", alias = "nextMs", alias = "next_ms")]
    until_ms: u64,
}

/// The default is the start of a run: a read is under way at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reads {
    state: State,
    /// Tries that failed since the last complete read.
    failures: u32,
    /// Whether nothing was read since the last log-in.
    just_logged_in: bool,
    /// What vCenter's clock showed at most when the last read was asked for; `None` in a snapshot of
    /// format 1.
    asked_by: Option<ServerTime>,
    /// The server time up to which complete observations are known to reach.
    newest_complete: Option<ServerTime>,
    /// That of the newest event of a VM that is watched.
    newest: Option<ServerTime>,
}

impl Reads {
    /// An event of a watched VM was seen.
    pub(crate) fn note_newest(&mut self, time: ServerTime) {
        self.newest = self.newest.max(Some(time));
    }

    /// Goes on after a restore. How far complete observations reach is not known to the end where
    /// the snapshot does not tell when they were asked for: the next read begins at the window.
    pub(crate) fn restored(&mut self) {
        if self.asked_by.is_none() {
            self.newest_complete = None;
        }
    }

    /// A read is asked for, when vCenter's clock shows `server_now` at most. Where a VM drops out, what completes the
    /// read may be the rest of the answer that told so, which was asked for before.
    pub(crate) fn asked(&mut self, reason: ReadReason, server_now: ServerTime) {
        let before = self.asked_by.filter(|_| reason == ReadReason::VmDropped);
        self.asked_by = Some(before.map_or(server_now, |before| before.min(server_now)));
    }

    /// A complete observation came in. An event dated in the future tells nothing of how far it
    /// reaches: that is no further than to when it was asked for.
    pub(crate) fn completed(&mut self, now_ms: u64, poll_interval_ms: u64) {
        if let Some(asked_by) = self.asked_by {
            self.newest_complete = self.newest.map(|newest| newest.min(asked_by));
        }
        self.failures = 0;
        self.just_logged_in = false;
        self.state = State::Idle(Wait {
            until_ms: now_ms.saturating_add(poll_interval_ms),
        });
    }

    /// A read or a log-in failed in a way that may pass.
    pub(crate) fn failed(&mut self, now_ms: u64) {
        let delay_ms = 1000_u64
            .saturating_mul(1 << self.failures.min(5))
            .min(MAX_BACKOFF_MS);
        self.failures = self.failures.saturating_add(1);
        let wait = Wait {
            until_ms: now_ms.saturating_add(delay_ms),
        };
        self.state = if self.state.is_logging_in() {
            State::WaitingToLogIn(wait)
        } else {
            State::WaitingToRead(wait)
        };
    }

    /// The session is gone. A second time right after a log-in this waits like any failure.
    pub(crate) fn lost_session(&mut self, now_ms: u64) -> Option<Request> {
        let waits = self.state.is_logging_in() || self.just_logged_in;
        let request = self.log_in();
        if waits {
            self.failed(now_ms);
            return None;
        }
        Some(request)
    }

    /// The host logged in. Without a log-in under way this means nothing.
    pub(crate) fn logged_in(&mut self) -> Option<Request> {
        let was_logging_in = self.state.is_logging_in();
        self.just_logged_in |= was_logging_in;
        was_logging_in.then(|| self.read(ReadReason::LoggedIn))
    }

    /// Reads at once.
    pub(crate) fn read(&mut self, reason: ReadReason) -> Request {
        self.state = State::Reading;
        Request::Read(reason)
    }

    fn log_in(&mut self) -> Request {
        self.state = State::LoggingIn;
        Request::LogIn
    }

    /// The last read of the run (D10). What failed before does not delay it.
    pub(crate) fn last_read(&mut self) -> Option<Request> {
        self.failures = 0;
        match self.state {
            // It follows when the host has logged in.
            State::LoggingIn => None,
            State::WaitingToLogIn(_) => Some(self.log_in()),
            State::Idle(_) | State::Reading | State::WaitingToRead(_) | State::Paused => {
                Some(self.read(ReadReason::Deadline))
            }
        }
    }

    /// VMs came to those watched: reads at once, or when the host has logged in.
    pub(crate) fn vms_added(&mut self) -> Option<Request> {
        (!self.state.is_logging_in()).then(|| self.read(ReadReason::VmsChanged))
    }

    /// There is no VM left to read.
    pub(crate) fn pause(&mut self) {
        self.state = State::Paused;
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.state == State::Paused
    }

    /// What falls due at `now_ms`.
    pub(crate) fn due(&mut self, now_ms: u64) -> Option<Request> {
        match self.state {
            State::Idle(wait) if wait.until_ms <= now_ms => Some(self.read(ReadReason::Poll)),
            State::WaitingToRead(wait) if wait.until_ms <= now_ms => Some(self.read(ReadReason::Retry)),
            State::WaitingToLogIn(wait) if wait.until_ms <= now_ms => Some(self.log_in()),
            State::Idle(_)
            | State::Reading
            | State::WaitingToRead(_)
            | State::LoggingIn
            | State::WaitingToLogIn(_)
            | State::Paused => None,
        }
    }

    /// When something falls due next.
    pub(crate) fn next_due(&self) -> Option<(u64, DeadlineReason)> {
        match self.state {
            State::Idle(wait) => Some((wait.until_ms, DeadlineReason::Read)),
            State::WaitingToRead(wait) | State::WaitingToLogIn(wait) => {
                Some((wait.until_ms, DeadlineReason::Retry))
            }
            State::Reading | State::LoggingIn | State::Paused => None,
        }
    }

    /// What the host was asked for and has not answered: asked again after a restore.
    pub(crate) fn outstanding(&self) -> Option<Request> {
        match self.state {
            State::Reading => Some(Request::Read(ReadReason::Restored)),
            State::LoggingIn => Some(Request::LogIn),
            State::Idle(_) | State::WaitingToRead(_) | State::WaitingToLogIn(_) | State::Paused => None,
        }
    }

    /// Nobody was looking for a while: what was to be read later is read now.
    pub(crate) fn poll_now(&mut self, now_ms: u64) {
        if let State::Idle(wait) = &mut self.state {
            wait.until_ms = wait.until_ms.min(now_ms);
        }
    }

    /// Leaves out the safety reads before `until_ms`; answers when the last of them was due.
    pub(crate) fn put_off(&mut self, until_ms: u64, poll_interval_ms: u64) -> Option<u64> {
        let State::Idle(wait) = &mut self.state else {
            return None;
        };
        let left_out = until_ms
            .saturating_sub(wait.until_ms)
            .div_ceil(poll_interval_ms.max(1));
        let last = left_out.checked_sub(1)?;
        let first_ms = wait.until_ms;
        let after = |count: u64| first_ms.saturating_add(count.saturating_mul(poll_interval_ms));
        wait.until_ms = after(left_out);
        Some(after(last))
    }

    /// D14: the server time from which to read a VM with this window.
    pub(crate) fn since(&self, window: ServerTime, observed: bool) -> ServerTime {
        self.newest_complete
            .filter(|_| observed)
            .map_or(window, |newest| newest.minus_ms(OVERLAP_MS).max(window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_retried_after_1_2_4_up_to_30_seconds_until_a_complete_read() {
        let mut reads = Reads::default();
        for expected in [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
            reads.failed(0);
            assert_eq!(reads.next_due(), Some((expected, DeadlineReason::Retry)));
            assert_eq!(reads.due(expected - 1), None);
            assert_eq!(reads.due(expected), Some(Request::Read(ReadReason::Retry)));
        }
        reads.completed(0, 15_000);
        reads.failed(0);
        assert_eq!(reads.next_due(), Some((1000, DeadlineReason::Retry)));
    }

    #[test]
    fn a_lost_session_asks_for_one_log_in_at_once_and_waits_with_the_second() {
        let mut reads = Reads::default();
        assert_eq!(reads.lost_session(0), Some(Request::LogIn));
        assert_eq!(reads.logged_in(), Some(Request::Read(ReadReason::LoggedIn)));
        assert_eq!(reads.lost_session(10), None);
        assert_eq!(reads.due(1009), None);
        assert_eq!(reads.due(1010), Some(Request::LogIn));
        assert_eq!(reads.logged_in(), Some(Request::Read(ReadReason::LoggedIn)));
        reads.completed(2000, 15_000);
        assert_eq!(reads.lost_session(3000), Some(Request::LogIn));
    }

    #[test]
    fn the_last_read_waits_for_a_log_in_that_is_under_way_and_logs_in_at_once_where_that_was_put_off() {
        let mut reads = Reads::default();
        assert_eq!(reads.lost_session(0), Some(Request::LogIn));
        reads.failed(0);
        assert_eq!(reads.last_read(), Some(Request::LogIn));
        assert_eq!(reads.last_read(), None, "it is under way");
        reads.failed(10);
        assert_eq!(
            reads.next_due(),
            Some((1010, DeadlineReason::Retry)),
            "as if the first"
        );
        assert_eq!(reads.due(1010), Some(Request::LogIn));
        assert_eq!(reads.logged_in(), Some(Request::Read(ReadReason::LoggedIn)));
        assert_eq!(reads.last_read(), Some(Request::Read(ReadReason::Deadline)));
    }

    #[test]
    fn a_read_begins_30_s_before_what_complete_ones_reach_to_and_never_before_the_window() {
        let at = ServerTime::from_unix_ms;
        let mut reads = Reads::default();
        reads.note_newest(at(200_000));
        reads.asked(ReadReason::Start, at(500_000));
        assert_eq!(reads.since(at(100_000), true), at(100_000), "none was complete");
        reads.completed(0, 15_000);
        assert_eq!(reads.since(at(100_000), true), at(170_000));
        assert_eq!(reads.since(at(100_000), false), at(100_000), "not of this VM");
        assert_eq!(reads.since(at(170_001), true), at(170_001));
        reads.note_newest(at(9_000_000));
        reads.asked(ReadReason::Poll, at(510_000));
        reads.completed(10_000, 15_000);
        assert_eq!(
            reads.since(at(100_000), true),
            at(480_000),
            "an event of the future"
        );
    }

    #[test]
    fn without_a_vm_to_read_nothing_falls_due() {
        let mut reads = Reads::default();
        reads.completed(0, 15_000);
        assert!(!reads.is_paused());
        reads.pause();
        assert!(reads.is_paused());
        assert_eq!(reads.next_due(), None);
        assert_eq!(reads.due(15_000), None);
        assert_eq!(reads.outstanding(), None);
    }

    #[test]
    fn only_reads_that_are_due_by_the_interval_are_left_out() {
        let mut reads = Reads::default();
        assert_eq!(reads.put_off(60_000, 15_000), None, "one is under way");
        reads.completed(0, 15_000);
        assert_eq!(reads.put_off(15_000, 15_000), None, "it is not before");
        assert_eq!(reads.put_off(15_001, 15_000), Some(15_000));
        assert_eq!(reads.next_due(), Some((30_000, DeadlineReason::Read)));
        assert_eq!(reads.put_off(60_000, 15_000), Some(45_000));
        assert_eq!(reads.next_due(), Some((60_000, DeadlineReason::Read)));
    }

    #[test]
    fn a_log_in_nobody_asked_for_means_nothing() {
        let mut reads = Reads::default();
        assert_eq!(reads.logged_in(), None);
    }
}
