//! The data formats: recordings, snapshots, and the text that crosses to a host.

pub(crate) mod boundary;
pub(crate) mod recording;
pub(crate) mod snapshot;

pub use boundary::{RunConfig, Update};
pub use recording::{Recording, RecordingError, RecordingStep, RECORDING_FORMAT};
pub use snapshot::{RestoreError, Snapshot, SNAPSHOT_FORMAT};
