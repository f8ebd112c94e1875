//! The corpus of the fuzz targets: what led them to new code, and what was wrong once. Their properties hold for all of it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    reason = "a test reads the files that it is about, and says where it fails"
)]

use std::collections::BTreeSet;
use std::fs;

use vm_customization_tests::folder;
use vm_customization_tests::properties::PROPERTIES;

#[test]
fn the_properties_of_the_fuzz_targets_hold_for_their_corpus() {
    for (name, check) in PROPERTIES {
        let mut count = 0;
        for entry in fs::read_dir(folder("../fuzz/corpus").join(name)).unwrap() {
            let path = entry.unwrap().path();
            // Shown where it fails.
            println!("{}", path.display());
            check(&fs::read(&path).unwrap());
            count += 1;
        }
        assert!(count > 100, "{name}: {count}");
    }
}

#[test]
fn each_property_has_a_target_of_its_name_that_calls_it_and_nothing_else() {
    let manifest = fs::read_to_string(folder("../fuzz/Cargo.toml")).unwrap();
    let targets: BTreeSet<_> = manifest
        .split("[[bin]]\nname = \"")
        .skip(1)
        .filter_map(|target| target.split('"').next())
        .collect();
    let names: BTreeSet<_> = PROPERTIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(targets, names);
}
