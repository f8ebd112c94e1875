#![no_main]

libfuzzer_sys::fuzz_target!(
    |document: &[u8]| vm_customization_tests::properties::soap_documents::check_tree(document)
);
