//! The data formats: recordings, snapshots, and the text that crosses to a host.

mod boundary;
pub(crate) mod recording;
pub(crate) mod snapshot;

pub use boundary::{limits_to_json, Update};
pub use recording::{Recording, RecordingError, RunInput, RECORDING_FORMAT};
pub use snapshot::{RestoreError, Snapshot, SNAPSHOT_FORMAT};
