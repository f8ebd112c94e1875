//! Where each VM stands among those watched.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::model::options::VmRef;

/// The places of VMs, in the order of their managed object reference values.
#[derive(Debug, Clone)]
pub(crate) struct VmIndex(Vec<usize>);

impl VmIndex {
    /// Each VM once, in the order given, and where they stand.
    pub(crate) fn of(vms: Vec<VmRef>) -> (Vec<VmRef>, Self) {
        let mut seen = BTreeSet::new();
        let is_first: Vec<bool> = vms.iter().map(|vm| seen.insert(vm.vm.as_str())).collect();
        let mut is_first = is_first.into_iter();
        let mut vms = vms;
        vms.retain(|_| is_first.next().unwrap_or(false));
        let mut places: Vec<usize> = (0..vms.len()).collect();
        places.sort_unstable_by_key(|place| vms.get(*place).map(|vm| vm.vm.as_str()));
        (vms.into_iter().map(VmRef::truncate).collect(), Self(places))
    }

    /// The place among `vms`, those that the index was made of.
    pub(crate) fn get(&self, vms: &[VmRef], vm: &str) -> Option<usize> {
        let id = |place: &usize| vms.get(*place).map(|vm| vm.vm.as_str());
        let found = self.0.binary_search_by_key(&Some(vm), id).ok()?;
        self.0.get(found).copied()
    }
}
