//! The formats of our own are read to any depth of what is passed over, and to a bounded one of what is not.

use vm_customization::{GuestInfo, VmRef};

#[test]
fn nesting_is_skipped_at_any_depth() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let document = format!("[{{\"vm\":\"vm-1\",\"other\":{deep}}}]");
    assert_eq!(VmRef::list_from_json(&document).unwrap().len(), 1);
    assert!(GuestInfo::list_from_json(&"[".repeat(100_000)).is_err());
}
