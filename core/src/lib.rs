//! Tells from vCenter events whether the guest OS customization of VMs has started, succeeded or
//! failed.
//!
//! # The model
//!
//! vCenter has no call that waits for guest customization. It has events: this VM was powered on,
//! its customization started, succeeded, failed. A **run** watches VMs of one vCenter from its
//! start on and tells from their events how far each has come.
//!
//! ```text
//!  an older result   window      VmStartingEvent      the run      Customization-   CustomizationSucceeded
//!  never counts      opens                            starts       StartedEvent     or …Failed
//!  ──────●──────────┬────────────●───────────────────┬────────────●────────────────●────────────▶ server time
//!                   │            │◀─ attempt 1, until the next power-on that opens one ──── …
//!  status:         VmNotStarted  │ CustomizationNotStarted        │ Customization- │ Customization-
//!                                │                   │            │ Started        │ Succeeded or Failed
//!                                                    ├──────┬──────┬── … ──────────┬────────────▶ host time
//!                                                    0 s   15 s   30 s  reads     600 s  the deadline
//! ```
//!
//! - The **window** opens some minutes before the start: most VMs are powered on before anybody
//!   waits for them. Events before it are of no interest.
//! - An **attempt** is one power-on and what follows it, up to the next power-on that opens one. The
//!   first is the last power-on at or before the start, failing one the first after it. Results from
//!   before the attempt never count: vCenter keeps those of earlier customizations for weeks.
//! - The **status** is a pure function of the *set* of events in the attempt. Order, batching,
//!   duplicates and restarts cannot matter, and a result that arrives late counts where its time
//!   puts it. A **conclusion** beside it says why a VM is no longer waited for.
//! - An **observation** is one completed read of the events of all VMs. Only an observation shows
//!   that something did *not* happen, such as a power-on. A read that failed shows nothing, and is
//!   never a result of customization.
//! - **Two clocks never mix.** [`ServerTime`] is vCenter's: it orders events and bounds queries.
//!   [`HostTime`] is the caller's: it drives deadlines. There is no subtraction between them, so a
//!   client whose clock is five minutes off decides the same.
//!
//! The rules have numbers, `D1` to `D19` and `P1` to `P8`, under which `docs/behaviour.md` of the
//! repository has them in full; comments and golden recordings name them. `docs/formats.md` has the
//! data formats, and `docs/state-machine.md` the diagram, drawn from the machine itself.
//!
//! # Use
//!
//! The crate is a state machine without I/O: no sockets, no clock, no threads, not even `std`. The
//! host fetches events and feeds them in; the [`Monitor`] says what happened and what to read next.
//! **Feed an input, drain the outputs, then sleep until the deadline it names.** The example at
//! [`Monitor`] shows it.
//!
//! [`wire::decode`] reads events as they come over the wire, and never fails on odd items. A
//! [`Snapshot`] goes on elsewhere; a [`Recording`] plays a run again anywhere, and a [`Playback`]
//! plays it interactively.
//!
//! # Panics
//!
//! Nothing here panics, whatever the input; a panic is a bug.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod formats;
mod model;
mod playback;
mod rules;
mod run;
pub mod wire;

pub use formats::{
    limits_to_json, Recording, RecordingError, RestoreError, RunInput, Snapshot, Update, RECORDING_FORMAT,
    SNAPSHOT_FORMAT,
};
pub use model::event::{bare_type_name, Event, EventKind, FailureDetails, EVENT_TYPES};
pub use model::guest_info::GuestInfo;
pub use model::options::{Attempts, Options, OptionsError, Ready, Rules, RunConfig, VmRef, Window, MAX_VMS};
pub use model::protocol::{
    Completeness, Deadline, DeadlineReason, EventPage, EventQuery, GuestInfoQuery, Ingested, Output,
    ReadFailure, ReadReason, TimeDown, MAX_PAGE,
};
pub use model::report::{
    Failure, IgnoreReason, IgnoredCounts, ReadError, ReadFailureKind, Reading, ReadingFailure, Report,
    RowDetails, Transition, VmReport, REPORT_FORMAT,
};
pub use model::status::{Conclusion, CustomizationStatus, Hint};
pub use model::time::{HostTime, ServerTime, TimeError};
pub use playback::replay::replay;
pub use playback::{InputKind, Playback, PlaybackInput, RunUpdate};
pub use run::monitor::Monitor;

/// Compiles and runs the Rust in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct ReadmeDoctests;
