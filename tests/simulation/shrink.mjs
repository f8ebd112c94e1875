/** Makes a world smaller for as long as it still shows a fault. */

/** The lists of a world, those first whose items take others along. */
const LISTS = ['waits', 'vms', 'actions', 'faults', 'refusals', 'events', 'states'];

/** The dullest there is, for what need not be as it is. */
const DULL = {
  clock: { rate: 1, steps: [] },
  vcenter: {
    shuffles: false,
    repeats: false,
    spells: false,
    pageSize: 1000,
    latencyMs: 0,
    guests: 'none',
    hasPush: false,
  },
};

/**
 * @param {object} world
 * @param {(world: object) => Promise<boolean>} fails whether a world still does
 * @param {number} [most] how many worlds to try
 * @returns {Promise<object>} a world that fails, none of whose parts can be left out
 */
export async function shrink(world, fails, most = 1_000) {
  let smallest = world;
  let left = most;
  const attempt = async (candidate) => {
    left -= 1;
    if (left < 0 || !(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let before; before !== smallest && left > 0; ) {
    before = smallest;
    for (const list of LISTS) await shrinkList(list, () => smallest, attempt);
    for (const option of Object.keys(smallest.options)) {
      const { [option]: _, ...options } = smallest.options;
      await attempt({ ...smallest, options });
    }
    for (const [part, fields] of Object.entries(DULL)) {
      for (const [field, value] of Object.entries(fields)) {
        if (JSON.stringify(smallest[part][field]) === JSON.stringify(value)) continue;
        await attempt({ ...smallest, [part]: { ...smallest[part], [field]: value } });
      }
    }
  }
  return smallest;
}

/** Leaves out halves, then quarters, down to single items. */
async function shrinkList(list, current, attempt) {
  for (let size = Math.ceil(current()[list].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < current()[list].length; ) {
      const items = current()[list];
      const rest = [...items.slice(0, from), ...items.slice(from + size)];
      if (!(await attempt(without(current(), list, rest)))) from += size;
    }
  }
}

function without(world, list, rest) {
  if (list !== 'vms') return { ...world, [list]: rest };
  const isLeft = (vm) => rest.some((one) => one.vm === vm);
  const ofThese = (items) => items.filter(({ vm }) => isLeft(vm));
  const withoutVms = (actions) =>
    actions.map((action) => (action.vms ? { ...action, vms: action.vms.filter(isLeft) } : action));
  return {
    ...world,
    vms: rest,
    watched: world.watched.filter(isLeft),
    boots: ofThese(world.boots),
    events: world.events.filter(({ vm }) => isLeft(vm) || vm === 'vm-999'),
    states: ofThese(world.states),
    refusals: ofThese(world.refusals),
    actions: withoutVms(world.actions),
    waits: world.waits.map((wait) => ({
      ...wait,
      vms: wait.vms.filter(isLeft),
      actions: withoutVms(wait.actions),
    })),
  };
}
