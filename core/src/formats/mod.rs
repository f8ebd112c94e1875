//! The data formats: recordings, snapshots, and the text that crosses to a host.

mod drained;
pub(crate) mod recording;
mod requests;
pub(crate) mod snapshot;

pub use drained::Drained;
pub use recording::{Recording, RecordingError, Step, RECORDING_FORMAT};
pub use requests::RunConfig;
pub use snapshot::{RestoreError, Snapshot, SNAPSHOT_FORMAT};
