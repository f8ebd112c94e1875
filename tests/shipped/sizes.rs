//! Documents of 16 MiB of every family, and the largest ones that are read: at once they take at most 16 times their
//! length, which is itself not in it.
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fmt::Write;
use std::hint::black_box;

use vm_customization::{wire, Completeness, Playback, RunInput};

use crate::families::{Family, JSON, LINES, RECORDINGS, SOAP};

/// Reads a document; whether it was too large.
type Reader = (&'static str, fn(&[u8]) -> bool);

const MIB: usize = 1024 * 1024;

/// Bytes in memory at once, by byte of the document: the limit of docs/behaviour.md.
const AT_ONCE: u64 = 16;

/// It keeps all items.
const STEP: Reader = ("events_to_step", |document| {
    is_too_large(RunInput::events_to_step(document, Completeness::Complete, 0))
});

/// It keeps the events that matter.
const DECODE: Reader = ("decode", |document| is_too_large(wire::decode(document)));

const PLAYBACK: Reader = ("Playback", |document| {
    Playback::from_json(document).is_err_and(|error| error.to_string().contains("are read"))
});

/// Those that are read at the limit.
const LARGEST: [&str; 8] = [
    "lists in lists",
    "numbers in a list",
    "members that repeat",
    "a long text",
    "events",
    "lists that do not end",
    "empty items",
    "namespaces in elements in elements",
];

fn is_too_large<T>(read: Result<T, wire::WireError>) -> bool {
    matches!(black_box(read), Err(wire::WireError::TooLarge(why)) if why.contains("are read"))
}

/// A document of so many bytes: white space fills what is left.
fn of_length(document: fn(usize) -> Vec<u8>, bytes: usize) -> Vec<u8> {
    let mut text = document(bytes - 1024);
    assert!(text.len() <= bytes, "{} of {bytes} bytes", text.len());
    text.resize(bytes, b' ');
    text
}

fn read(families: &[Family], readers: &[Reader]) {
    let mut faults = String::new();
    for (family, document) in families {
        let is_largest = LARGEST.contains(family);
        let bytes = if is_largest {
            wire::MAX_DOCUMENT_BYTES
        } else {
            16 * MIB
        };
        let mut document = of_length(*document, bytes);
        for (reader, read) in readers {
            let mut is_refused = false;
            let counted = allocation_counter::measure(|| is_refused = read(&document));
            if is_refused || counted.bytes_max > AT_ONCE * u64::try_from(bytes).unwrap() {
                writeln!(
                    faults,
                    "{reader} of {family}, {bytes} bytes: {counted:?}, refused: {is_refused}"
                )
                .unwrap();
            }
        }
        if is_largest {
            document.push(b' ');
            for (reader, read) in readers {
                if !read(&document) {
                    writeln!(faults, "{reader} of {family}: a byte beyond the limit is read").unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn json_of_any_size_takes_at_most_16_times_its_length() {
    read(&JSON, &[STEP]);
}

#[test]
fn lines_of_any_size_take_at_most_16_times_their_length() {
    read(&LINES, &[DECODE]);
}

#[test]
fn soap_of_any_size_takes_at_most_16_times_its_length() {
    read(&SOAP, &[STEP]);
}

#[test]
fn recordings_of_any_size_take_at_most_16_times_their_length() {
    read(&RECORDINGS, &[PLAYBACK]);
}
