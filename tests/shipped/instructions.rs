//! The work that a document costs grows with its length alone.
//!
//! Counted are the instructions of the WebAssembly that ships, by an interpreter (its fuel): the same number on every
//! machine. All work on a document is in them. To look at a byte takes at least one, wherever that is done, in the core or
//! in a library, and to look at it again takes others; copies and fills of memory count by their length. So they bound the
//! bytes looked at, which only a build that does not ship could count. A block that is entered counts as a whole, also
//! where it is left early: there are several times fewer that run, and never more.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says where")]

use std::fmt::Write;

use wasmi::{Config, Engine, Instance, Linker, Memory, Module, Store, Val, ValType};

use crate::families::{Family, JSON, LINES, RECORDINGS, RECORDINGS_OF_VMS, SOAP};

/// A function of the module that takes a document, and what it takes after that.
type Reader = (&'static str, &'static [f64]);

const WIRE: [Reader; 6] = [
    ("rawmonitor_handleEvents", &[1.0, 0.0]),
    ("recordingEvents", &[1.0, 0.0]),
    ("itemsToJson", &[]),
    ("eventKeys", &[]),
    ("summarizeEvents", &[]),
    ("soapTree", &[64.0]),
];

const PLAYERS: [Reader; 2] = [("replay", &[]), ("rawplayback_new", &[])];

/// The most instructions by byte of a document.
const BY_BYTE: u64 = 10_000;

/// What they are whatever the length.
const BASE: u64 = 500_000;

/// The length of the first document, which is doubled twice.
const BYTES: usize = 8 * 1024;

/// The module, ready to run.
struct Core {
    engine: Engine,
    module: Module,
}

/// One that runs: a monitor of its own, memory of its own.
struct Running {
    store: Store<()>,
    instance: Instance,
}

impl Core {
    #[expect(clippy::disallowed_methods, reason = "a test reads the file that it is about")]
    fn shipped() -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../bindings/generated/core_bg.wasm"
        );
        let bytes = std::fs::read(path)
            .unwrap_or_else(|error| panic!("{path}: {error}: `cargo xtask build` makes it"));
        let mut config = Config::default();
        config.consume_fuel(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, &bytes).unwrap();
        Self { engine, module }
    }

    /// What it imports makes errors for JavaScript, and does nothing here.
    fn start(&self) -> Running {
        let mut store = Store::new(&self.engine, ());
        store.set_fuel(u64::MAX).unwrap();
        let mut linker = Linker::new(&self.engine);
        for import in self.module.imports() {
            let function = import.ty().func().unwrap().clone();
            linker
                .func_new(import.module(), import.name(), function, |_, _, _| Ok(()))
                .unwrap();
        }
        let instance = linker.instantiate_and_start(&mut store, &self.module).unwrap();
        Running { store, instance }
    }
}

impl Running {
    fn memory(&self) -> Memory {
        self.instance.get_memory(&self.store, "memory").unwrap()
    }

    /// Calls a function with numbers of the types that it takes; gives the first result.
    fn call(&mut self, name: &str, numbers: &[f64]) -> Option<i32> {
        let function = self.instance.get_func(&self.store, name).unwrap();
        let types = function.ty(&self.store);
        let as_taken = |(number, kind): (&f64, &ValType)| match kind {
            ValType::F64 => Val::from(*number),
            #[expect(clippy::cast_possible_truncation, reason = "an address of a small memory")]
            ValType::I32 => Val::from(*number as i32),
            other @ (ValType::I64 | ValType::F32 | ValType::V128 | ValType::FuncRef | ValType::ExternRef) => {
                panic!("{name} takes a {other:?}")
            }
        };
        assert_eq!(numbers.len(), types.params().len(), "{name}");
        let given: Vec<Val> = numbers.iter().zip(types.params()).map(as_taken).collect();
        let mut results: Vec<Val> = types.results().iter().copied().map(Val::default_for_ty).collect();
        function
            .call(&mut self.store, &given, &mut results)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        results.first().and_then(Val::i32)
    }

    /// Gives it bytes: where they are, and how many.
    fn give(&mut self, bytes: &[u8]) -> [f64; 2] {
        let length = f64::from(u32::try_from(bytes.len()).unwrap());
        let place = self.call("__wbindgen_malloc", &[length, 1.0]).unwrap();
        let address = usize::try_from(place).unwrap();
        self.memory().write(&mut self.store, address, bytes).unwrap();
        [f64::from(place), length]
    }

    /// How many instructions it takes a function to read a document.
    fn count(&mut self, (reader, more): Reader, document: &[u8]) -> u64 {
        let mut numbers = Vec::new();
        if reader.starts_with("rawmonitor_") {
            let config = br#"{"vms":[{"vm":"vm-101"}],"serverNow":"2026-03-01T10:00:00Z"}"#;
            let [address, length] = self.give(config);
            numbers.push(f64::from(
                self.call("rawmonitor_new", &[address, length, 0.0]).unwrap(),
            ));
        }
        numbers.extend(self.give(document));
        numbers.extend(more);
        self.store.set_fuel(u64::MAX).unwrap();
        self.call(reader, &numbers);
        u64::MAX - self.store.get_fuel().unwrap()
    }
}

/// Doubles each document twice: the instructions are at most 2.3 times as many each time.
fn grow(families: &[Family], readers: &[Reader]) {
    let core = Core::shipped();
    let mut faults = String::new();
    for (family, document) in families {
        for reader in readers {
            let mut before: Option<(u64, u64)> = None;
            for factor in [1, 2, 4] {
                let document = document(BYTES * factor);
                let length = u64::try_from(document.len()).unwrap();
                let count = core.start().count(*reader, &document);
                let is_linear = before.is_none_or(|(length_before, count_before)| {
                    count * length_before * 20 <= count_before * length * 23
                });
                if count > BY_BYTE * length + BASE || !is_linear {
                    writeln!(
                        faults,
                        "{} of {family}: {count} for {length} bytes, before {before:?}",
                        reader.0
                    )
                    .unwrap();
                }
                before = Some((length, count));
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn json_takes_instructions_in_proportion_to_its_length() {
    grow(&JSON, &WIRE);
}

#[test]
fn lines_take_instructions_in_proportion_to_their_length() {
    grow(&LINES, &WIRE);
    grow(&LINES, &PLAYERS);
}

#[test]
fn soap_takes_instructions_in_proportion_to_its_length() {
    grow(&SOAP, &WIRE);
}

#[test]
fn recordings_take_instructions_in_proportion_to_their_length() {
    grow(&RECORDINGS, &PLAYERS);
    grow(&RECORDINGS_OF_VMS, &PLAYERS);
}
