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

#[allow(dead_code, reason = "only `wire` is left of those that use it")]
mod fields;
mod formats;
mod json;
mod model;
mod playback;
mod rules;
mod run;
#[allow(dead_code, reason = "only `wire` is left of those that use it")]
mod view;
pub mod wire;

pub use formats::recording::replay;
pub use formats::{
    Recording, RecordingError, RecordingStep, RestoreError, RunConfig, Snapshot, Update, RECORDING_FORMAT,
    SNAPSHOT_FORMAT,
};
pub use model::event::{bare_type_name, Event, EventKind, FailureDetails, EVENT_TYPES};
pub use model::guest_info::GuestInfo;
pub use model::options::{Attempts, Options, OptionsError, Rules, VmRef, Window, MAX_VMS};
pub use model::protocol::{
    Completeness, Deadline, DeadlineReason, EventPage, EventQuery, Ingested, Output, ReadFailure, ReadReason,
    TimeDown, MAX_PAGE,
};
pub use model::report::{
    Failure, IgnoreReason, IgnoredCounts, ReadError, ReadFailureKind, Report, RowDetails, Transition,
    VmReport, REPORT_FORMAT,
};
pub use model::status::{Conclusion, CustomizationStatus, Hint};
pub use model::time::{HostTime, ServerTime, TimeError};
pub use playback::{InputKind, Playback, PlaybackInput, RunUpdate};
pub use run::monitor::Monitor;

/// Compiles and runs the Rust in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct ReadmeDoctests;
