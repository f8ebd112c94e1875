//! What holds for any bytes. Each property panics where it does not: the fuzz targets and the tests that replay their
//! corpus call the same.
#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a property that does not hold says where"
)]

pub mod json_documents;
pub mod recordings;
pub mod snapshots;
pub mod soap_documents;
pub mod wire;

/// A property of any bytes, under the name of its fuzz target and of the folder of its corpus.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const PROPERTIES: [Property; 4] = [
    ("recordings", recordings::check),
    ("snapshots", snapshots::check),
    ("soap_trees", soap_documents::check_tree),
    ("wire_documents", wire::check),
];
