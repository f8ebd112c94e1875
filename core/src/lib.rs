//! Tells from vCenter events whether the guest OS customization of VMs has started, succeeded or
//! failed.
//!
//! This crate is a state machine without I/O: no sockets, no clock, no threads, not even `std`.
//! The host fetches events and feeds them in; the [`Monitor`] says what happened and what to read
//! next. **Feed an input, drain the outputs, then sleep until the deadline it names.** The example
//! at [`Monitor`] shows it.
//!
//! - The rules of status stand in one place, a pure function of the set of events seen.
//! - Two clocks never mix: [`ServerTime`] orders events and bounds queries, [`HostTime`] drives
//!   deadlines.
//! - [`wire::decode`] reads events as they come over the wire, and never fails on odd items.
//! - A [`Snapshot`] goes on elsewhere; a [`Recording`] plays a run again anywhere, and a
//!   [`Playback`] plays it by hand, forth and back.
//!
//! # Panics
//!
//! Nothing here panics, whatever the input; a panic is a bug.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod assess;
mod default_run;
mod drained;
mod earliest;
mod event;
mod fields;
mod guest;
mod history;
mod json;
mod monitor;
mod options;
mod places;
mod playback;
mod player;
mod published;
mod published_run;
mod reads;
mod recording;
mod report;
mod requests;
mod snapshot;
mod status;
mod text;
mod time;
mod transitions;
mod view;
pub mod wire;

pub use drained::Drained;
pub use event::{bare_type_name, Event, EventKind, FailureDetails, EVENT_TYPES};
pub use guest::GuestInfo;
pub use monitor::{
    Completeness, Deadline, DeadlineReason, EventPage, EventQuery, Ingested, Monitor, Output, ReadFailure,
    ReadReason, TimeDown, MAX_PAGE,
};
pub use options::{Attempts, Options, OptionsError, Rules, VmRef, Window, MAX_VMS};
pub use playback::{InputKind, Playback, PlaybackInput, RunUpdate};
pub use recording::{replay, Recording, RecordingError, Step, RECORDING_FORMAT};
pub use report::{
    Failure, IgnoreReason, IgnoredCounts, ReadError, ReadFailureKind, Report, RowDetails, Transition,
    VmReport, REPORT_FORMAT,
};
pub use requests::RunConfig;
pub use snapshot::{RestoreError, Snapshot, SNAPSHOT_FORMAT};
pub use status::{Conclusion, CustomizationStatus, Hint};
pub use time::{HostTime, ServerTime, TimeError};

/// Compiles and runs the Rust in the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct ReadmeDoctests;
