/** Where VMs are and which one is meant, against an inventory of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { Inventory, lookUpEach, wholeLookup, VimFaultError } = await internal(
  'vsphere/client/inventory',
  'vsphere/client/lookup',
  'errors',
);

const context = { signal: new AbortController().signal };
const UUID = '502c0000-0000-4000-8000-00000000000a';
const BIOS = '420c0000-0000-4000-8000-00000000000b';

/** By the value of its reference: its type, its name, what is above it, and more properties. */
const OBJECTS = {
  root: ['Folder', 'Datacenters'],
  'dc-1': ['Datacenter', 'DC', 'root'],
  'dc-2': ['Datacenter', 'Other%2fDC', 'group'],
  group: ['Folder', 'europe', 'root'],
  'group-v1': ['Folder', 'vm', 'dc-1'],
  'group-v2': ['Folder', 'vm', 'dc-2'],
  'folder-1': ['Folder', 'a%2fb', 'group-v1'],
  'pool-1': ['ResourcePool', 'Resources', 'dc-1'],
  'vapp-1': ['VirtualApp', 'app', 'pool-1', { parentFolder: 'group-v1' }],
  'vm-1': ['VirtualMachine', 'web-1', 'folder-1', { 'config.instanceUuid': UUID.toUpperCase(), 'config.uuid': BIOS }],
  'vm-10': ['VirtualMachine', 'web-10', 'group-v1', { 'config.uuid': BIOS }],
  'vm-2': ['VirtualMachine', 'web-2', 'group-v1'],
  'vm-3': ['VirtualMachine', 'in-app', undefined, { parentVApp: 'vapp-1' }],
  'vm-4': ['VirtualMachine', 'web-2', 'group-v2'],
  'vm-5': ['VirtualMachine', 'template', 'group-v1', { 'config.template': 'true' }],
  'vm-6': ['VirtualMachine', 'Alone', undefined],
  'vm-7': ['VirtualMachine', 'x%2fy', 'group-v1', { 'config.template': 'false' }],
  'vm-8': ['VirtualMachine', 'vm-2', 'folder-1'],
};

function server(objects = OBJECTS) {
  const queries = [];
  const ref = (value) => value && { type: objects[value]?.[0] ?? 'Folder', value };
  const found = ([value, [type, name, parent, more = {}]], sets) => {
    const own = Object.fromEntries(
      Object.entries({ name, parent, ...more }).filter(([, property]) => property !== undefined),
    );
    const paths = sets.flatMap((set) => (set.type === type || set.type === 'ManagedEntity' ? set.paths : []));
    const properties = paths
      .filter((path) => own[path] !== undefined)
      .map((path) => [path, path.startsWith('parent') ? { ref: ref(own[path]) } : { text: own[path] }]);
    return { ref: { type, value }, properties: new Map(properties), missing: [] };
  };
  const api = {
    host: 'vc',
    serviceContent: async () => ({ rootFolder: { type: 'Folder', value: 'root' } }),
    createContainerView: async () => ({ type: 'ContainerView', value: 'view' }),
    destroyView: async () => undefined,
    retrieveProperties: async ({ sets, objects: asked }) => {
      queries.push({ sets, asked: Array.isArray(asked) ? asked.map(({ value }) => value) : 'all' });
      const wanted = Array.isArray(asked)
        ? asked.map(({ value }) => {
            if (objects[value] === undefined)
              throw new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone', value);
            return [value, objects[value]];
          })
        : Object.entries(objects).filter(([, [type]]) => type === 'VirtualMachine');
      return { objects: wanted.map((each) => found(each, sets)) };
    },
  };
  return { api, queries };
}

describe('an inventory', () => {
  const PATHS = ['name', 'parent', 'parentVApp', 'config.template'];

  test('has the VMs that have a name, and their UUIDs where they are asked for', async () => {
    const objects = { ...OBJECTS, 'vm-9': ['VirtualMachine', undefined, 'group-v1'] };
    const { api, queries } = server(objects);
    const plain = await Inventory.read(api, false, context);
    const withUuids = await Inventory.read(api, true, context);
    assert.deepEqual(
      queries.map(({ sets: [{ type, paths }] }) => [type, paths]),
      [
        ['VirtualMachine', PATHS],
        ['VirtualMachine', [...PATHS, 'config.instanceUuid', 'config.uuid']],
      ],
    );
    const of = ({ vms }, value) => vms.find(({ ref }) => ref.value === value);
    assert.deepEqual(of(withUuids, 'vm-1'), {
      ref: { type: 'VirtualMachine', value: 'vm-1' },
      storedName: 'web-1',
      template: false,
      parent: { type: 'Folder', value: 'folder-1' },
      uuids: [UUID, BIOS],
    });
    assert.deepEqual(of(plain, 'vm-1').uuids, []);
    assert.equal(of(plain, 'vm-9'), undefined);
    assert.deepEqual(
      plain.vms.filter(({ template }) => template).map(({ ref }) => ref.value),
      ['vm-5'],
    );
    assert.deepEqual(of(plain, 'vm-3').parent, { type: 'VirtualApp', value: 'vapp-1' });
  });

  test('reads what is above VMs a level at a time, each folder once, and the root never', async () => {
    const { api, queries } = server();
    const inventory = await Inventory.read(api, false, context);
    queries.length = 0;
    await inventory.readAncestors(inventory.vms, context);
    assert.deepEqual(
      queries.map(({ asked, sets }) => [asked, sets]),
      [
        [
          ['folder-1', 'group-v1', 'vapp-1', 'group-v2'],
          [
            { type: 'ManagedEntity', paths: ['name', 'parent'] },
            { type: 'VirtualApp', paths: ['parentFolder'] },
          ],
        ],
        [['dc-1', 'dc-2'], [{ type: 'ManagedEntity', paths: ['name', 'parent'] }]],
        [['group'], [{ type: 'ManagedEntity', paths: ['name', 'parent'] }]],
      ],
    );
    await inventory.readAncestors(inventory.vms, context);
    assert.equal(queries.length, 3);
    const paths = inventory.vms.map((vm) => [vm.ref.value, inventory.pathText(vm)]);
    assert.deepEqual(Object.fromEntries(paths), {
      'vm-1': '/DC/vm/a%2fb/web-1',
      'vm-10': '/DC/vm/web-10',
      'vm-2': '/DC/vm/web-2',
      'vm-3': '/DC/vm/app/in-app',
      'vm-4': '/europe/Other%2fDC/vm/web-2',
      'vm-5': '/DC/vm/template',
      'vm-6': 'Alone',
      'vm-7': '/DC/vm/x%2fy',
      'vm-8': '/DC/vm/a%2fb/vm-2',
    });
    const [first] = inventory.vms;
    assert.deepEqual(inventory.path(first), ['DC', 'vm', 'a%2fb', 'web-1']);
  });

  test('has no path for a VM of which not all folders may be seen, or that is in a circle', async () => {
    const objects = {
      a: ['Folder', 'a', 'b'],
      b: ['Folder', 'b', 'a'],
      nameless: ['Folder', undefined, 'root'],
      top: ['Folder', 'top', undefined],
      'vm-1': ['VirtualMachine', 'one', 'a'],
      'vm-2': ['VirtualMachine', 'two', 'nameless'],
      'vm-3': ['VirtualMachine', 'three', 'top'],
      'vm-4': ['VirtualMachine', 'four', 'root'],
      'vm-5': ['VirtualMachine', 'five%2f5', undefined],
    };
    const inventory = await Inventory.read(server(objects).api, false, context);
    await inventory.readAncestors(inventory.vms, context);
    assert.deepEqual(
      inventory.vms.map((vm) => [inventory.path(vm), inventory.pathText(vm)]),
      [
        [undefined, 'one'],
        [undefined, 'two'],
        [undefined, 'three'],
        [['four'], '/four'],
        [undefined, 'five/5'],
      ],
    );
  });

  test('is read no deeper than any is: 256 levels', async () => {
    for (const [depth, isWhole] of [
      [256, true],
      [257, false],
    ]) {
      const folders = Array.from({ length: depth }, (_, level) => [
        `f-${level}`,
        ['Folder', `f${level}`, level === depth - 1 ? 'root' : `f-${level + 1}`],
      ]);
      const { api, queries } = server({ ...Object.fromEntries(folders), 'vm-1': ['VirtualMachine', 'web', 'f-0'] });
      const inventory = await Inventory.read(api, false, context);
      await inventory.readAncestors(inventory.vms, context);
      assert.equal(inventory.path(inventory.vms[0])?.length, isWhole ? depth + 1 : undefined);
      assert.equal(queries.length, 257);
    }
  });

  test('tells the datacenter of VMs, as far as the account sees it, and leaves out those that are gone', async () => {
    const { api } = server({ ...OBJECTS, 'vm-20': ['VirtualMachine', 'direct', 'dc-2'] });
    const found = await Inventory.datacenters(api, ['vm-1', 'vm-3', 'vm-4', 'vm-6', 'vm-99', 'vm-20'], context);
    assert.deepEqual(
      [...found].map(([vm, datacenter]) => [vm, datacenter]),
      [
        ['vm-1', { type: 'Datacenter', value: 'dc-1' }],
        ['vm-3', { type: 'Datacenter', value: 'dc-1' }],
        ['vm-4', { type: 'Datacenter', value: 'dc-2' }],
        ['vm-6', undefined],
        ['vm-20', { type: 'Datacenter', value: 'dc-2' }],
      ],
    );
  });
});

describe('what people call a VM', () => {
  /** What an input finds, by the values of references; or its problem. */
  async function find(input, { datacenter, objects } = {}) {
    const { api, queries } = server(objects);
    const { found, problems } = await lookUpEach(api, [input], context, datacenter);
    const [problem] = problems;
    return { vms: found.flatMap(({ vms }) => vms.map(({ vm }) => vm)), problem, queries, found };
  }
  const SEARCHED = '(8 VMs searched: all that this account may see)';

  for (const [input, ...vms] of [
    ['web-1', 'vm-1'],
    ['web-*', 'vm-1', 'vm-2', 'vm-4', 'vm-10'],
    ['web-?', 'vm-1', 'vm-2', 'vm-4'],
    ['x/y', 'vm-7'],
    ['x%2fy', 'vm-7'],
    ['/DC/vm/web-2', 'vm-2'],
    ['DC/vm/web-2', 'vm-2'],
    ['//DC/vm/web-2', 'vm-2'],
    ['/DC/vm/a%2fb/web-1', 'vm-1'],
    ['/DC/vm/app/in-app', 'vm-3'],
    ['/europe/Other%2fDC/vm/web-2', 'vm-4'],
    ['/DC/vm/*', 'vm-2', 'vm-10', 'vm-7'],
    ['/DC/*/*/*', 'vm-3', 'vm-8', 'vm-1'],
    ['vm-1', 'vm-1'],
    ['VirtualMachine:vm-2', 'vm-2'],
    ['vim.VirtualMachine:vm-2', 'vm-2'],
    [UUID, 'vm-1'],
    [UUID.toUpperCase(), 'vm-1'],
    ['web-2 (vm-4)', 'vm-4'],
    ['x/y (vm-7)', 'vm-7'],
    ['Alone', 'vm-6'],
  ]) {
    test(`finds by ${input} ${vms.join(', ')}`, async () => {
      const { vms: found, problem } = await find(input);
      assert.deepEqual([found, problem], [vms, undefined]);
    });
  }

  test('is answered with the name as it is shown, for each input by itself, in their order', async () => {
    const { api } = server();
    const inputs = ['x%2fy', 'web-1', 'nobody', 'vm-1'];
    const { found, problems } = await lookUpEach(api, inputs, context);
    assert.deepEqual(found, [
      { input: 'x%2fy', vms: [{ vm: 'vm-7', name: 'x/y' }] },
      { input: 'web-1', vms: [{ vm: 'vm-1', name: 'web-1' }] },
      { input: 'vm-1', vms: [{ vm: 'vm-1', name: 'web-1' }] },
    ]);
    assert.deepEqual(problems, [
      { input: 'nobody', kind: 'notFound', message: `no VM on vc fits 'nobody' ${SEARCHED}` },
    ]);
    assert.throws(() => wholeLookup({ found, problems }), {
      name: 'LookupError',
      message: /^no VM on vc fits 'nobody'/,
    });
    assert.deepEqual(wholeLookup({ found, problems: [] }).vms, [
      { vm: 'vm-7', name: 'x/y' },
      { vm: 'vm-1', name: 'web-1' },
    ]);
  });

  test('is looked for without UUIDs and folders where no input is one or has one', async () => {
    const asked = async (input, datacenter) => {
      const { queries } = await find(input, { datacenter });
      return [queries[0].sets[0].paths.includes('config.uuid'), queries.length > 1];
    };
    assert.deepEqual(await asked('web-1'), [false, false]);
    assert.deepEqual(await asked(UUID), [true, false]);
    assert.deepEqual(await asked('/DC/vm/web-2'), [false, true]);
    assert.deepEqual(await asked('web-1', 'DC'), [false, true]);
  });

  test('that fits several VMs is told with the path of each, ten of them at most', async () => {
    const two = await find('web-2');
    assert.deepEqual(two.problem, {
      input: 'web-2',
      kind: 'ambiguous',
      message: [
        "'web-2' fits 2 VMs; give the path or the id of the one that is meant:",
        '  /DC/vm/web-2 (vm-2)',
        '  /europe/Other%2fDC/vm/web-2 (vm-4)',
      ].join('\n'),
    });
    assert.equal((await find(BIOS)).problem.message.split('\n').length, 3);
    for (const [count, rest] of [
      [10, []],
      [12, ['  and 2 more']],
    ]) {
      const vms = Array.from({ length: count }, (_, place) => [`vm-${place}`, ['VirtualMachine', 'same', 'root']]);
      const { problem, queries } = await find('same', { objects: { root: OBJECTS.root, ...Object.fromEntries(vms) } });
      const [head, ...lines] = problem.message.split('\n');
      assert.equal(head, `'same' fits ${count} VMs; give the path or the id of the one that is meant:`);
      assert.deepEqual(lines.slice(0, 2), ['  /same (vm-0)', '  /same (vm-1)']);
      assert.deepEqual([lines.length, lines.slice(10)], [10 + rest.length, rest]);
      assert.equal(queries.length, 1);
    }
  });

  test('that is a reference may be the name of another VM, where it is bare', async () => {
    const { problem } = await find('vm-2');
    assert.equal(problem.kind, 'ambiguous');
    assert.deepEqual(problem.message.split('\n'), [
      "'vm-2' fits 2 VMs; give the path or VirtualMachine:vm-2 for the id of the one that is meant:",
      '  /DC/vm/web-2 (vm-2)',
      '  /DC/vm/a%2fb/vm-2 (vm-8)',
    ]);
    // The name alone: there is no VM of that reference.
    const names = {
      root: OBJECTS.root,
      'vm-1': ['VirtualMachine', 'vm-9', 'root'],
      'vm-2': ['VirtualMachine', 'vm-9', 'root'],
    };
    const { problem: alike } = await find('vm-9', { objects: names });
    assert.match(alike.message, /^'vm-9' fits 2 VMs; give the path or the id of/);
    // One VM that is both is one.
    const own = { root: OBJECTS.root, 'vm-1': ['VirtualMachine', 'vm-1', 'root'] };
    assert.deepEqual((await find('vm-1', { objects: own })).vms, ['vm-1']);
  });

  test('that is shown so is meant before one that is stored so', async () => {
    const objects = {
      root: OBJECTS.root,
      'vm-1': ['VirtualMachine', '100%25', 'root'],
      'vm-2': ['VirtualMachine', '100%2525', 'root'],
    };
    assert.deepEqual((await find('100%25', { objects })).vms, ['vm-2']);
    assert.deepEqual((await find('100%', { objects })).vms, ['vm-1']);
    assert.deepEqual((await find('100%*', { objects })).vms, ['vm-1', 'vm-2']);
  });

  test('that is a template is told as that, and a pattern leaves it out', async () => {
    const message = "'template' is a template on vc: customization happens to the VMs made from it; give one of those";
    assert.deepEqual((await find('template')).problem, { input: 'template', kind: 'template', message });
    assert.deepEqual((await find('*a*')).vms, ['vm-3']);
  });

  test('that fits nothing is told with how many were searched, and with what may be meant', async () => {
    const told = async (input, objects) => (await find(input, { objects })).problem;
    const searched = (input, more = '') => ({
      input,
      kind: 'notFound',
      message: `no VM on vc fits '${input}' ${SEARCHED}${more}`,
    });
    for (const [input, more] of [
      ['nobody'],
      ['web-9*'],
      ['vm-99'],
      ['web-1 (vm-2)'],
      ['ALONE', "; did you mean 'Alone'?"],
      ['X/Y', "; did you mean 'x%2fy'?"],
      ['/DC/vm/nobody', '; a path goes from the datacenter down, such as /DC/vm/folder/web-1'],
      ['/DC/web-2', '; a path goes from the datacenter down, such as /DC/vm/folder/web-1'],
      ['/vm/web-2', '; a path goes from the datacenter down, such as /DC/vm/folder/web-1'],
      // Templates are nothing that could be meant.
      ['TEMPLATE'],
    ]) {
      assert.deepEqual(await told(input), searched(input, more));
    }
    const { message } = await told('x', { root: OBJECTS.root, 'vm-1': OBJECTS['vm-6'], 'vm-2': OBJECTS['vm-5'] });
    assert.equal(message, "no VM on vc fits 'x' (1 VM searched: all that this account may see)");
  });

  for (const [datacenter, input, ...vms] of [
    ['DC', 'web-2', 'vm-2'],
    ['/DC', 'web-2', 'vm-2'],
    ['/DC/', 'web-2', 'vm-2'],
    ['Other%2fDC', 'web-2', 'vm-4'],
    ['europe/Other%2fDC', 'web-2', 'vm-4'],
    ['/europe/Other%2fDC', 'web-2', 'vm-4'],
    ['DC', 'web-*', 'vm-1', 'vm-2', 'vm-10'],
    ['DC', '/europe/Other%2fDC/vm/web-2', 'vm-4'],
    ['DC', 'VirtualMachine:vm-4', 'vm-4'],
    ['DC', 'web-2 (vm-4)', 'vm-4'],
    ['Other%2fDC', UUID, 'vm-1'],
  ]) {
    test(`is in the datacenter ${datacenter}, where ${input} finds ${vms.join(', ')}`, async () => {
      const { vms: found, problem } = await find(input, { datacenter });
      assert.deepEqual([found, problem], [vms, undefined]);
    });
  }

  test('is not found in another datacenter, which is said where it counts', async () => {
    for (const [datacenter, input] of [
      ['/Other%2fDC', 'web-2'],
      ['europe', 'web-2'],
      ['vm', 'web-2'],
      ['a%2fb', 'web-1'],
      ['DC', 'Alone'],
    ]) {
      const { problem } = await find(input, { datacenter });
      const message = `no VM on vc fits '${input}' ${SEARCHED}`;
      const near = ['web-2', 'web-1', 'Alone'].includes(input) ? `; did you mean '${input}'?` : '';
      assert.equal(problem.message, `${message}${near}; names are looked for in the datacenter '${datacenter}'`);
    }
    const { problem } = await find('vm-99', { datacenter: 'DC' });
    assert.equal(problem.message, `no VM on vc fits 'vm-99' ${SEARCHED}`);
  });
});
