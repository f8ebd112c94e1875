//! Draws `docs/state-machine.md` from the machine itself: every sequence of up to four events is
//! fed one by one, and each transition that is told becomes an arrow. A stale drawing fails;
//! `UPDATE=1` rewrites it.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the drawing is read and, when asked, rewritten"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use vm_customization::{
    Attempts, Completeness, CustomizationStatus, Event, EventPage, HostTime, Monitor, Options, ServerTime,
    VmRef,
};
use vm_customization_tests::{folder, updates};

/// Far enough apart that each is an event of its own.
const PAUSE_MS: i64 = 20_000;

const EVENTS: [&str; 7] = [
    "VmStartingEvent",
    "VmUnsupportedStartingEvent",
    "VmPoweredOnEvent",
    "CustomizationStartedEvent",
    "CustomizationSucceeded",
    "CustomizationFailed",
    "VmRemovedEvent",
];

type Arrow = (CustomizationStatus, CustomizationStatus);

#[test]
fn the_state_diagram_is_that_of_the_machine() {
    let path = folder("../docs/state-machine.md");
    let drawing = draw();
    if updates() {
        std::fs::write(&path, &drawing).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, drawing,
        "stale: run the tests with UPDATE=1 and read the difference"
    );
}

fn draw() -> String {
    let mut text = String::from(
        "# The state machine, as the machine itself runs\n\n\
         Drawn by `tests/rust/state_diagram.rs` from every sequence of up to four events of one VM, told in order;\n\
         do not edit. An arrow names the events that cause it. *inferred* is a step that nothing said by itself.\n",
    );
    for (attempts, title) in [
        (Attempts::Follow, "`attempts: follow` (the default)"),
        (Attempts::First, "`attempts: first`"),
        (Attempts::Reopen, "`attempts: reopen`"),
    ] {
        write!(
            text,
            "\n## {title}\n\n```mermaid\nstateDiagram-v2\n    [*] --> VmNotStarted\n"
        )
        .unwrap();
        for ((from, to), causes) in arrows(attempts) {
            let causes: Vec<&str> = causes.into_iter().collect();
            writeln!(text, "    {from} --> {to}: {}", causes.join(", ")).unwrap();
        }
        text.push_str("```\n");
    }
    text
}

fn arrows(attempts: Attempts) -> BTreeMap<Arrow, BTreeSet<&'static str>> {
    let mut arrows = BTreeMap::new();
    let mut sequences: Vec<Vec<&'static str>> = vec![Vec::new()];
    for _ in 0..4 {
        sequences = sequences
            .into_iter()
            .flat_map(|sequence| {
                EVENTS.map(|event| {
                    let mut longer = sequence.clone();
                    longer.push(event);
                    longer
                })
            })
            .collect();
        for sequence in &sequences {
            tell(sequence, attempts, &mut arrows);
        }
    }
    arrows
}

fn tell(sequence: &[&'static str], attempts: Attempts, arrows: &mut BTreeMap<Arrow, BTreeSet<&'static str>>) {
    let options = Options {
        attempts,
        wait_for_power_on: true,
        ..Options::default()
    };
    // A second VM without events keeps the run open.
    let vms = vec![VmRef::new("vm-1"), VmRef::new("vm-2")];
    let start = ServerTime::from_unix_ms(0);
    let mut monitor = Monitor::new(vms, options, start, HostTime::from_millis(0)).unwrap();
    for (key, type_name) in (1..).zip(sequence) {
        let time = ServerTime::from_unix_ms(i64::from(key) * PAUSE_MS);
        let events = vec![Event::new("vm-1", key, time, type_name).unwrap()];
        let page = EventPage {
            events,
            completeness: Completeness::Partial,
        };
        monitor.handle_events(page, HostTime::from_millis(0));
    }
    for step in monitor.report().transitions {
        let cause = match step.event_key {
            Some(key) => sequence[usize::try_from(key).unwrap() - 1],
            None => "inferred",
        };
        arrows.entry((step.from, step.to)).or_default().insert(cause);
    }
}
