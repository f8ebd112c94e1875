//! What a host says to a monitor across a boundary of text: JSON for its inputs.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::fields::{from_json, object, Read, Slot};
use crate::model::guest_info::GuestInfo;
use crate::model::options::{Options, OptionsJson, VmRef};
use crate::model::protocol::{ReadFailure, TimeDown};
use crate::model::time::ServerTime;

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunConfig {
    /// The VMs to watch.
    pub vms: Vec<VmRef>,
    /// The options, those of a recording.
    pub options: Options,
    /// The server time of the start.
    pub server_now: ServerTime,
}

struct RunConfigJson {
    vms: Vec<VmRef>,
    options: OptionsJson,
    server_now: ServerTime,
}

object!(RunConfigJson {
    "vms" => vms,
    "options" => options = OptionsJson::blank(),
    "serverNow" => server_now,
});

impl RunConfig {
    /// Reads `{"vms":[…],"options":{…},"serverNow":"…"}`; the options may be absent.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let json: RunConfigJson = from_json(text).map_err(|error| error.to_string())?;
        Ok(Self {
            vms: json.vms,
            options: json.options.try_into()?,
            server_now: json.server_now,
        })
    }
}

struct RestoreJson {
    time_down_counts: bool,
}

object!(RestoreJson {
    "timeDownCounts" => time_down_counts = true,
});

impl TimeDown {
    /// Reads `{"timeDownCounts":…}`; without it the time counts.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let json: RestoreJson = from_json(text).map_err(|error| error.to_string())?;
        Ok(if json.time_down_counts {
            Self::Counts
        } else {
            Self::Excluded
        })
    }
}

impl VmRef {
    /// Reads a list of VMs: `[{"vm":"vm-101"}]`.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, String> {
        from_json(text).map_err(|error| error.to_string())
    }
}

/// Guest info of several VMs.
struct GuestInfos(Vec<GuestInfo>);

impl<'de> Read<'de> for GuestInfos {
    fn blank() -> Self {
        Self(Vec::new())
    }

    fn slot(&mut self) -> Slot<'_, 'de> {
        Slot::OneOrMany(&mut self.0)
    }
}

impl GuestInfo {
    /// Reads guest info, or a list of it.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, String> {
        from_json(text)
            .map(|GuestInfos(list)| list)
            .map_err(|error| error.to_string())
    }
}

impl ReadFailure {
    /// Reads a failure: its `kind`, and `vm` and `message` where there are any.
    ///
    /// # Errors
    ///
    /// When the text is none; the error says where.
    pub fn from_json(text: &str) -> Result<Self, String> {
        from_json(text).map_err(|error| error.to_string())
    }
}
