/** Of which objects the events are read and pushed, against an inventory of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SteppedClock } from '../dist/testing.js';
import { internal } from './internal.mjs';

const { VimEventSource, OpenCollectors, VimFaultError } = await internal(
  'vsphere/client/events',
  'vsphere/client/open-collectors',
  'errors',
);

const signal = new AbortController().signal;
const ref = (type, value) => ({ type, value });
const ROOT = ref('Folder', 'root');
const INVENTORY = {
  'dc-1': ref('Datacenter', 'dc-1'),
  'dc-2': ref('Datacenter', 'dc-2'),
  'folder-1': ref('Folder', 'folder-1'),
  'folder-2': ref('Folder', 'folder-2'),
};
const PARENTS = {
  'dc-1': ROOT,
  'dc-2': ROOT,
  'folder-1': INVENTORY['dc-1'],
  'folder-2': INVENTORY['dc-2'],
  'vm-1': INVENTORY['folder-1'],
  'vm-2': INVENTORY['folder-1'],
  'vm-9': INVENTORY['folder-2'],
  // In no datacenter, as far as this account sees.
  'vm-5': ROOT,
  'vm-6': ROOT,
};

/** @param {ReadonlySet<string>} refused ids of objects whose events the account may not read */
function client(refused) {
  const clock = new SteppedClock();
  const asked = [];
  const refuse = ({ entity }) => {
    asked.push(entity.ref.value);
    if (refused.has(entity.ref.value)) throw new VimFaultError('noPermission', 'NoPermission', 'no');
  };
  return {
    host: 'vc',
    clock,
    asked,
    propertyReads: 0,
    /** What keeps properties from being read: an error by a path that is asked for, the fault of a VM's property. */
    fails: {},
    missing: {},
    sessionCount: 1,
    serviceContent: async () => ({ apiVersion: '8.0.3.0', rootFolder: ROOT }),
    queryEvents: async (filter) => {
      refuse(filter);
      return new Uint8Array();
    },
    async retrieveProperties({ sets, objects }) {
      this.propertyReads += 1;
      const failed = sets.flatMap(({ paths }) => paths).find((path) => this.fails[path]);
      if (failed !== undefined) throw this.fails[failed];
      const gone = objects.find(({ value }) => PARENTS[value] === undefined);
      if (gone) throw new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone', gone.value);
      return {
        objects: objects.map((object) => ({
          ref: object,
          missing: this.missing[object.value] ?? [],
          properties: new Map([
            ['name', { text: object.value }],
            ['parent', { ref: PARENTS[object.value] }],
          ]),
        })),
      };
    },
    createCollectorForEvents: async (filter) => {
      refuse(filter);
      return ref('EventHistoryCollector', 'collector');
    },
    createPropertyCollector: async () => ref('PropertyCollector', 'own'),
    createFilter: async () => ref('PropertyFilter', 'filter'),
    waitForUpdatesEx: async (_, version, __, call) => {
      if (version === '') return { version: '1', truncated: false, body: new Uint8Array() };
      return new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason)));
    },
    cancelWaitForUpdates: async () => undefined,
    destroyPropertyCollector: async () => undefined,
    destroyCollector: async () => undefined,
  };
}

function source(...refused) {
  const api = client(new Set(refused));
  const warnings = [];
  const warn = (message) => warnings.push(message);
  return {
    api,
    warnings,
    events: new VimEventSource(api, { openCollectors: new OpenCollectors(api), warn }),
  };
}

const query = (...vms) => ({
  vms,
  since: '2026-03-01T10:00:00.000Z',
  types: [],
  maxCount: 10,
  reason: 'start',
  timeoutMs: null,
});

describe('events are read', () => {
  const reads = async ({ api, events }, ...vms) => {
    api.asked.length = 0;
    const { failures } = await events.readEvents(query(...vms), { signal });
    return [api.asked.join(' '), failures.map(({ vm, kind }) => `${vm} ${kind}`).join()];
  };

  test('of the root folder, of the common datacenter, or of each VM: the widest that the account may read', async () => {
    for (const [refused, expected, warned] of [
      [[], 'root', 0],
      [['root'], 'root dc-1', 0],
      [['root', 'dc-1'], 'root dc-1 vm-1 vm-2', 1],
    ]) {
      const of = source(...refused);
      assert.deepEqual(await reads(of, 'vm-1', 'vm-2'), [expected, '']);
      const again = expected.replace(/root (dc-1 (?=vm))?/, '');
      assert.deepEqual(await reads(of, 'vm-1', 'vm-2'), [again, ''], 'what was refused is not asked for again');
      assert.equal(of.warnings.length, warned);
    }
  });

  test('of one VM by itself', async () => {
    assert.deepEqual(await reads(source(), 'vm-1'), ['vm-1', '']);
  });

  test('of a datacenter only while all VMs are in it, whichever come and go', async () => {
    const of = source('root');
    assert.deepEqual(await reads(of, 'vm-1', 'vm-2'), ['root dc-1', '']);
    assert.deepEqual(await reads(of, 'vm-1', 'vm-2', 'vm-9'), ['vm-1 vm-2 vm-9', '']);
    assert.deepEqual(await reads(of, 'vm-1', 'vm-2'), ['dc-1', '']);
    assert.equal(of.warnings.length, 1);
  });

  test('of the datacenter of the others where one VM is gone, which is said', async () => {
    assert.deepEqual(await reads(source('root'), 'vm-1', 'vm-7'), ['root dc-1', 'vm-7 notFound']);
    assert.deepEqual(await reads(source('root'), 'vm-7', 'vm-8'), ['root vm-7 vm-8', '']);
  });

  test('of what was refused, again after ten minutes', async () => {
    const of = source('root');
    await reads(of, 'vm-1', 'vm-2');
    await of.api.clock.advance(599_999);
    const known = of.api.propertyReads;
    assert.deepEqual(await reads(of, 'vm-1', 'vm-2'), ['dc-1', '']);
    const before = of.api.propertyReads;
    assert.equal(before - known, 1, 'whether they may be read');
    await of.api.clock.advance(1);
    assert.deepEqual(await reads(of, 'vm-1', 'vm-2'), ['root dc-1', '']);
    assert.equal(
      of.api.propertyReads - before,
      4,
      'where the VMs are, a level at a time, and whether they may be read',
    );
  });
});

describe('a VM whose events are read with those of others', () => {
  const read = async ({ events }, ...vms) => (await events.readEvents(query(...vms), { signal })).failures;

  test('is told where it may not be read, or is gone, which the events do not say', async () => {
    const of = source();
    of.api.missing = { 'vm-1': ['NoPermission'], 'vm-2': ['ManagedObjectNotFound'], 'vm-9': ['SystemError'] };
    const message = 'vc: the account may not read vm-1: it needs the privilege System.View on it';
    assert.deepEqual(await read(of, 'vm-1', 'vm-2', 'vm-9', 'vm-7'), [
      { kind: 'noPermission', vm: 'vm-1', message },
      { kind: 'notFound', vm: 'vm-2', message: 'vc: vm-2 does not exist any more' },
      { kind: 'notFound', vm: 'vm-7', message: 'vc: vm-7 does not exist any more' },
    ]);
  });

  test('is not given up for a refusal that is about something else', async () => {
    for (const [error, told] of [
      [new VimFaultError('noPermission', 'NoPermission', 'no'), { kind: 'transient', fault: 'NoPermission' }],
      [new VimFaultError('notFound', 'ManagedObjectNotFound', 'no', 'view-1'), { kind: 'transient' }],
      [new VimFaultError('notAuthenticated', 'NotAuthenticated', 'no'), { kind: 'notAuthenticated' }],
      [new Error('no'), {}],
    ]) {
      const of = source();
      of.api.fails = { name: error };
      await assert.rejects(read(of, 'vm-1', 'vm-2'), { message: 'no', ...told });
      assert.deepEqual(of.api.asked, ['root']);
    }
  });
});

describe('a datacenter', () => {
  test('that is not seen of one VM is none for all', async () => {
    for (const vms of [
      ['vm-1', 'vm-5'],
      ['vm-5', 'vm-1'],
      ['vm-5', 'vm-6'],
    ]) {
      const of = source('root');
      await of.events.readEvents(query(...vms), { signal });
      assert.deepEqual(of.api.asked, ['root', ...vms]);
    }
  });

  test('of VMs whose parents may not be read is none, and what else goes wrong is told', async () => {
    for (const kind of ['noPermission', 'notFound']) {
      const of = source('root');
      of.api.fails = { parent: new VimFaultError(kind, 'F', 'no') };
      await of.events.readEvents(query('vm-1', 'vm-2'), { signal });
      assert.deepEqual(of.api.asked, ['root', 'vm-1', 'vm-2']);
    }
    const of = source('root');
    of.api.fails = { parent: new VimFaultError('transient', 'F', 'no') };
    await assert.rejects(of.events.readEvents(query('vm-1', 'vm-2'), { signal }), { kind: 'transient' });
  });
});

describe('VMs that are read one by one', () => {
  const failing = (error) => {
    const of = source('root', 'dc-1');
    const { queryEvents } = of.api;
    of.api.queryEvents = async (filter) => {
      if (filter.entity.ref.value === 'vm-2') throw error;
      return queryEvents(filter);
    };
    return of.events.readEvents(query('vm-1', 'vm-2'), { signal });
  };

  test('are told each where they may not be read or are gone', async () => {
    for (const kind of ['noPermission', 'notFound']) {
      for (const object of [undefined, 'vm-2']) {
        const { failures } = await failing(new VimFaultError(kind, 'F', 'no', object));
        assert.deepEqual(failures, [{ kind, vm: 'vm-2', message: 'no' }]);
      }
    }
  });

  test('are all read again where something else is not there, or the read fails', async () => {
    const other = new VimFaultError('notFound', 'ManagedObjectNotFound', 'no', 'EventManager');
    await assert.rejects(failing(other), { kind: 'transient', object: 'EventManager', message: 'no' });
    const lost = new VimFaultError('notAuthenticated', 'NotAuthenticated', 'no');
    await assert.rejects(failing(lost), lost);
  });
});

describe('a push', () => {
  const begun = async (of, ...vms) => {
    const controller = new AbortController();
    const push = of.events.pushEvents(query(...vms), { signal: controller.signal });
    const pages = push[Symbol.asyncIterator]();
    const end = () => {
      controller.abort();
      return of.api.clock.drive(pages.return());
    };
    await pages.next();
    return { holds: (...others) => push.setVms(others, { signal }), end };
  };

  test('holds every VM where it is on the root folder', async () => {
    const of = source();
    const push = await begun(of, 'vm-1', 'vm-2');
    assert.equal(await push.holds('vm-1', 'vm-9', 'vm-77'), true);
    assert.equal(of.api.propertyReads, 0);
    await push.end();
    assert.deepEqual(of.api.asked, ['root']);
  });

  test('holds the VMs of its datacenter, and no others', async () => {
    const of = source('root');
    const push = await begun(of, 'vm-1', 'vm-2');
    assert.equal(await push.holds('vm-2'), true);
    assert.equal(await push.holds('vm-1', 'vm-2', 'vm-7'), true, 'one that is gone has no more events elsewhere');
    assert.equal(await push.holds('vm-1', 'vm-9'), false);
    await push.end();
    assert.deepEqual(of.api.asked, ['root', 'dc-1']);
  });

  test('on a single VM holds that alone', async () => {
    const of = source();
    const push = await begun(of, 'vm-1');
    assert.equal(await push.holds('vm-1'), true);
    assert.equal(await push.holds(), true);
    assert.equal(await push.holds('vm-1', 'vm-2'), false);
    await push.end();
    assert.deepEqual(of.api.asked, ['vm-1']);
  });

  test('that cannot be made holds nothing, and says why there is none', async () => {
    const of = source('root', 'dc-1');
    const push = of.events.pushEvents(query('vm-1', 'vm-2'), { signal });
    const [first, holds] = await Promise.allSettled([
      push[Symbol.asyncIterator]().next(),
      push.setVms(['vm-1'], { signal }),
    ]);
    assert.equal(first.reason.code, 'pushUnavailable');
    assert.equal(holds.value, false);
  });
});
