//! What a monitor has to say after an input, as a host across a boundary of text takes it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::model::options::VmRef;
use crate::model::protocol::{Deadline, Ingested, Output};
use crate::model::report::VmReport;
use crate::run::monitor::Monitor;
use crate::view::{to_json, written, Member, Members, View, Write};

/// The outputs of a monitor, all of them, and when it wants to be called next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drained {
    /// What to tell and to do.
    pub outputs: Vec<Output>,
    /// When to call [`Monitor::handle_timeout`] next.
    pub deadline: Option<Deadline>,
    /// Whether the run is over.
    pub ended: bool,
    /// What became of the document that was fed, if one was.
    pub ingested: Option<Ingested>,
}

impl Monitor {
    /// Drains the outputs after an input; `ingested` is what feeding a document gave.
    pub fn drain(&mut self, ingested: Option<Ingested>) -> Drained {
        Drained {
            outputs: core::iter::from_fn(|| self.poll_output()).collect(),
            deadline: self.poll_timeout(),
            ended: self.is_ended(),
            ingested,
        }
    }
}

impl Drained {
    /// `{"outputs":[{"type":"read",…}],"deadline":{"atMs":…,"reason":…},"ended":false}`, with `ingested` where there is any.
    pub fn to_json(&self) -> String {
        to_json(&self.view())
    }
}

impl Monitor {
    /// The [rows](Self::rows) as a JSON array.
    pub fn rows_to_json(&self) -> String {
        to_json(&self.rows().view())
    }

    /// The rows of those of `vms` that are watched, as a JSON array.
    pub fn rows_of_to_json(&self, vms: &[VmRef]) -> String {
        let rows: Vec<VmReport> = vms.iter().filter_map(|vm| self.row(&vm.vm)).collect();
        to_json(&rows.view())
    }
}

written!(Drained {
    "outputs" => outputs,
    "deadline" => deadline,
    "ended" => ended,
    "ingested" if present => ingested,
});

impl Write for Output {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for Output {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let (type_name, first, second) = match self {
            Self::Transition(transition) => ("transition", Some(("transition", transition.view())), None),
            Self::Concluded(row) => ("concluded", Some(("row", row.view())), None),
            Self::Stuck { vm, hint } => ("stuck", Some(("vm", vm.view())), Some(("hint", hint.view()))),
            Self::Read(query) => ("read", Some(("query", query.view())), None),
            Self::LogIn => ("logIn", None, None),
        };
        let member = match number {
            0 => Some(("type", View::Text(type_name))),
            1 => first,
            2 => second,
            _ => None,
        };
        member.map(|(name, value)| Member {
            name,
            value,
            if_present: false,
        })
    }
}

impl Write for Deadline {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Members for Deadline {
    fn member(&self, number: usize) -> Option<Member<'_>> {
        let (name, value) = match number {
            0 => ("atMs", View::U64(self.at.as_millis())),
            1 => ("reason", self.reason.view()),
            _ => return None,
        };
        Some(Member {
            name,
            value,
            if_present: false,
        })
    }
}
