//! One run: what comes in, what goes out, when to read and when to end.

pub(crate) mod context;
pub(crate) mod deadline_index;
pub(crate) mod default_run;
pub(crate) mod monitor;
pub(crate) mod published_run;
pub(crate) mod read_schedule;
pub(crate) mod vm_index;
pub(crate) mod watched_vm;
