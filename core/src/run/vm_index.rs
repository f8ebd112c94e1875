//! Where each VM stands among those watched.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::model::options::VmRef;

/// The places of VMs, in the order of their keys and, of equal ones, of their managed object
/// reference values: a search in this list alone finds the place, and looks at one value.
#[derive(Debug, Clone, Default)]
pub(crate) struct VmIndex(Vec<(u32, usize)>);

impl VmIndex {
    /// Each VM once, in the order given, and where they stand.
    pub(crate) fn of(mut vms: Vec<VmRef>) -> (Vec<VmRef>, Self) {
        let mut places = BTreeMap::new();
        let mut is_first = Vec::with_capacity(vms.len());
        for vm in &vms {
            let next = places.len();
            let place = *places.entry((key_of(&vm.vm), vm.vm.as_str())).or_insert(next);
            is_first.push(place == next);
        }
        let places = places.into_iter().map(|((key, _), place)| (key, place)).collect();
        let mut is_first = is_first.into_iter();
        vms.retain(|_| is_first.next().unwrap_or(false));
        (vms.into_iter().map(VmRef::truncate).collect(), Self(places))
    }

    /// The place among `vms`, those that the index was made of.
    pub(crate) fn get(&self, vms: &[VmRef], vm: &str) -> Option<usize> {
        let key = key_of(vm);
        let order =
            |(other, place): &(u32, usize)| other.cmp(&key).then_with(|| id_at(vms, *place).cmp(&Some(vm)));
        let found = self.0.binary_search_by(order).ok()?;
        self.0.get(found).map(|(_, place)| *place)
    }
}

fn id_at(vms: &[VmRef], place: usize) -> Option<&str> {
    vms.get(place).map(|vm| vm.vm.as_str())
}

/// FNV-1a.
fn key_of(vm: &str) -> u32 {
    vm.bytes().fold(0x811c_9dc5, |key, byte| {
        (key ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn each_vm_is_found_where_it_stands_and_no_other_is() {
        // The last two have the same key.
        let mut ids: Vec<_> = (0..1000).map(|number| format!("vm-{number}")).collect();
        ids.extend(["costarring".into(), "liquid".into()]);
        assert_eq!(key_of("costarring"), key_of("liquid"));
        let twice = ids.iter().chain(&ids).map(VmRef::new).collect();
        let (vms, index) = VmIndex::of(twice);
        assert_eq!(vms.len(), ids.len());
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(index.get(&vms, id), Some(place), "{id}");
        }
        for id in ["", "vm-1000", "vm-", "declinate", "macallums"] {
            assert_eq!(index.get(&vms, id), None, "{id}");
        }
    }
}
