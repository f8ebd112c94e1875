//! The earliest of many times, of which few change at once.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// No time at all.
const NEVER: u64 = u64::MAX;

/// A tree over a time per place: a node has the earlier of the two times below it, the root the
/// earliest of all. A change costs as many steps as the tree is high.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeadlineIndex {
    /// The root is number 1. Below the node `n` are the nodes `2n` and `2n + 1`. The times by place
    /// are the second half.
    nodes: Vec<u64>,
}

impl DeadlineIndex {
    /// No time at any of so many places.
    pub(crate) fn of_none(places: usize) -> Self {
        Self {
            nodes: alloc::vec![NEVER; places * 2],
        }
    }

    pub(crate) fn set(&mut self, place: usize, time: Option<u64>) {
        let mut number = self.nodes.len() / 2 + place;
        let mut earliest = time.unwrap_or(NEVER);
        while number > 0 {
            let beside = self.nodes.get(number ^ 1).copied().unwrap_or(NEVER);
            match self.nodes.get_mut(number) {
                Some(node) if *node != earliest => *node = earliest,
                Some(_) | None => return,
            }
            earliest = earliest.min(beside);
            number /= 2;
        }
    }

    pub(crate) fn get(&self) -> Option<u64> {
        self.nodes.get(1).copied().filter(|time| *time != NEVER)
    }

    /// The places whose time has come at `now`, in steps that grow with their number alone.
    pub(crate) fn due(&self, now: u64) -> BTreeSet<usize> {
        let mut due = BTreeSet::new();
        let mut open = alloc::vec![1];
        while let Some(number) = open.pop() {
            let is_due = self
                .nodes
                .get(number)
                .is_some_and(|time| *time <= now && *time != NEVER);
            match number.checked_sub(self.nodes.len() / 2) {
                Some(place) if is_due => {
                    due.insert(place);
                }
                None if is_due => open.extend([number * 2, number * 2 + 1]),
                Some(_) | None => {}
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, DeadlineIndex, Vec, NEVER};

    #[test]
    fn the_earliest_is_that_of_all_places_after_each_change() {
        for places in 0..20 {
            let mut times = alloc::vec![None; places];
            let mut earliest = DeadlineIndex::of_none(places);
            assert_eq!(earliest.get(), None);
            for change in 0..places * 7 {
                let place = change * 5 % places;
                let time = (change % 4 != 3).then_some(u64::try_from(change * 37 % 23).unwrap_or(0));
                if let Some(slot) = times.get_mut(place) {
                    *slot = time;
                }
                earliest.set(place, time);
                let known: Vec<u64> = times.iter().copied().flatten().collect();
                assert_eq!(earliest.get(), known.into_iter().min(), "{places} places");
                for now in [0, 7, 11, 22, NEVER] {
                    let is_due = |place: &usize| {
                        times
                            .get(*place)
                            .is_some_and(|time| time.is_some_and(|time| time <= now))
                    };
                    let expected: BTreeSet<usize> = (0..places).filter(is_due).collect();
                    assert_eq!(earliest.due(now), expected, "{places} places at {now}");
                }
            }
        }
    }
}
