//! Where each VM stands among those watched.

use alloc::collections::BinaryHeap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::model::options::VmRef;

/// The managed object reference values in their order, with the places of the VMs.
#[derive(Debug, Clone)]
pub(crate) struct VmIndex(Vec<(String, usize)>);

impl VmIndex {
    /// Each VM once, in the order given, and where they stand.
    pub(crate) fn of(vms: Vec<VmRef>) -> (Vec<VmRef>, Self) {
        let mut by_id: BinaryHeap<(String, usize)> = BinaryHeap::with_capacity(vms.len());
        by_id.extend(vms.iter().enumerate().map(|(index, vm)| (vm.vm.clone(), index)));
        // A heap sorts with less code than a sort, and a sorted list takes less than a map.
        let mut places = by_id.into_sorted_vec();
        places.dedup_by(|repeated, first| repeated.0 == first.0);
        let mut is_first = alloc::vec![false; vms.len()];
        for (_, index) in &places {
            if let Some(is_first) = is_first.get_mut(*index) {
                *is_first = true;
            }
        }
        let mut distinct = Vec::with_capacity(places.len());
        let mut place_of = Vec::with_capacity(vms.len());
        for (vm, is_first) in vms.into_iter().zip(is_first) {
            place_of.push(distinct.len());
            if is_first {
                distinct.push(vm.truncate());
            }
        }
        for (_, place) in &mut places {
            *place = place_of.get(*place).copied().unwrap_or_default();
        }
        (distinct, Self(places))
    }

    pub(crate) fn get(&self, vm: &str) -> Option<usize> {
        let found = self.0.binary_search_by(|(known, _)| known.as_str().cmp(vm));
        self.0.get(found.ok()?).map(|(_, place)| *place)
    }
}
