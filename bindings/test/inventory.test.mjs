/** Look-ups on servers whose inventory goes in circles, never ends, or is larger than any. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionError, VCenter } from '../dist/node.js';

const encoder = new TextEncoder();
const ref = (type, value = type) => ({ _typeName: 'ManagedObjectReference', type, value });
const CONTENT = {
  _typeName: 'ServiceContent',
  about: { apiType: 'VirtualCenter', apiVersion: '8.0.3.0' },
  rootFolder: ref('Folder', 'root'),
  ...Object.fromEntries(
    ['PropertyCollector', 'ViewManager', 'SessionManager', 'EventManager'].map((type) => [
      type[0].toLowerCase() + type.slice(1),
      ref(type),
    ]),
  ),
};
const object = (self, name, parent) => ({
  _typeName: 'ObjectContent',
  obj: self,
  propSet: [
    { name: 'name', val: name },
    { name: 'parent', val: parent },
  ],
});

/** A vCenter of a few lines: `page` answers each read of properties by the objects asked for (none for all VMs). */
async function connected(page) {
  const reads = [];
  const answers = {
    RetrieveServiceContent: () => CONTENT,
    Login: () => ({ _typeName: 'UserSession', key: 'k' }),
    CreateContainerView: () => ref('ContainerView'),
    RetrievePropertiesEx: ({ specSet: [{ objectSet }] }) => {
      const asked = objectSet.map(({ obj }) => obj.value).filter((value) => value !== 'ContainerView');
      reads.push(asked);
      return { _typeName: 'RetrieveResult', ...page(asked, reads.length) };
    },
    ContinueRetrievePropertiesEx: () => {
      reads.push('token');
      return { _typeName: 'RetrieveResult', ...page([], reads.length) };
    },
  };
  const transport = {
    host: 'vc',
    path: '/sdk',
    close: () => undefined,
    send: async ({ operation, body }) => {
      const made = operation === 'hello' ? { api_release: '8.0.3.0' } : answers[operation]?.(JSON.parse(body ?? '{}'));
      return {
        status: 200,
        header: (name) => (operation === 'Login' && name === 'vmware-api-session-id' ? 'key' : undefined),
        cookies: [],
        body: encoder.encode(made === undefined ? '' : JSON.stringify(made)),
      };
    },
  };
  const vcenter = await VCenter.connect(transport, { user: 'u', password: 'p' }, { protocol: 'vi-json' });
  return { vcenter, reads };
}

describe('a look-up', () => {
  const vm = object(ref('VirtualMachine', 'vm-1'), 'web-1', ref('Folder', 'a'));

  test('comes to an end where the folders go in a circle', async () => {
    const parents = { a: 'b', b: 'c', c: 'a' };
    const { vcenter, reads } = await connected((asked) => ({
      objects: asked.length === 0 ? [vm] : asked.map((id) => object(ref('Folder', id), id, ref('Folder', parents[id]))),
    }));
    await assert.rejects(vcenter.findVms(['/a/web-1', 'other']), { code: 'lookup' });
    assert.deepEqual(reads, [[], ['a'], ['b'], ['c']]);
    assert.deepEqual((await vcenter.findVms(['web-1'])).vms, [{ vm: 'vm-1', name: 'web-1' }]);
    assert.equal((await vcenter.findVms(['vm-1', 'web-*'])).vms.length, 1);
  });

  test('comes to an end where there is always one more folder above', async () => {
    let next = 0;
    const { vcenter, reads } = await connected((asked) => {
      next += 1;
      return {
        objects: asked.length === 0 ? [vm] : [object(ref('Folder', asked[0]), 'f', ref('Folder', `f-${next}`))],
      };
    });
    await assert.rejects(vcenter.findVms(['/DC/vm/web-1']), { code: 'lookup' });
    assert.ok(reads.length < 300, `${reads.length}`);
  });

  test('finds the path where there is no circle', async () => {
    const parents = { a: ref('Datacenter', 'dc'), dc: ref('Folder', 'root') };
    const vms = [1, 2].map((id) => object(ref('VirtualMachine', `vm-${id}`), `web-${id}`, ref('Folder', 'a')));
    const { vcenter } = await connected((asked) => ({
      objects: asked.length === 0 ? vms : asked.map((id) => object(ref('Folder', id), id, parents[id])),
    }));
    const found = await vcenter.findVms(['/dc/a/web-1', 'web-2']);
    assert.deepEqual(
      found.vms.map(({ vm: id }) => id),
      ['vm-1', 'vm-2'],
    );
  });

  test('of a name or a pattern in a datacenter finds what is in that one, and paths and ids wherever they are', async () => {
    const parents = {
      'vm-a': ref('Datacenter', 'east'),
      'vm-b': ref('Datacenter', 'west'),
      east: ref('Folder', 'folder'),
      folder: ref('Folder', 'root'),
      west: ref('Folder', 'root'),
    };
    const vms = ['a', 'b'].map((id, index) =>
      object(ref('VirtualMachine', `vm-${index}`), 'web-1', ref('Folder', `vm-${id}`)),
    );
    const { vcenter } = await connected((asked) => ({
      objects:
        asked.length === 0
          ? vms
          : asked.map((id) => object(ref('Folder', id), id.startsWith('vm-') ? 'vm' : id, parents[id])),
    }));
    const look = async (input, datacenter) => {
      const { found, problems } = await vcenter.lookUpEach([input], { datacenter });
      return found[0]?.vms.map(({ vm: id }) => id) ?? problems[0].message;
    };
    assert.match(await look('web-1'), /fits 2 VMs/);
    for (const input of ['web-1', 'web-*', '*']) {
      for (const datacenter of ['west', '/west', 'west/']) assert.deepEqual(await look(input, datacenter), ['vm-1']);
      for (const datacenter of ['east', 'folder/east', '/folder/east']) {
        assert.deepEqual(await look(input, datacenter), ['vm-0']);
      }
      for (const datacenter of ['/east', 'north', 'folder']) {
        assert.match(await look(input, datacenter), new RegExp(`in the datacenter '${datacenter}'$`));
      }
    }
    for (const input of ['vm-0', 'VirtualMachine:vm-0', '/folder/east/vm/web-1', 'web-1 (vm-0)']) {
      assert.deepEqual(await look(input, 'west'), ['vm-0'], input);
    }
  });

  test('gives up pages of properties that say the same again and again', async () => {
    const { vcenter, reads } = await connected(() => ({ objects: [vm], token: 'next' }));
    await assert.rejects(vcenter.findVms(['*']), (error) => {
      assert.ok(error instanceof ConnectionError);
      return /^vc: RetrievePropertiesEx answers the same objects again and again$/.test(error.message);
    });
    assert.equal(reads.length, 2);
  });

  test('takes more objects in one page than a call takes arguments', async () => {
    const many = Array.from({ length: 200_000 }, (_, id) =>
      object(ref('VirtualMachine', `vm-${id}`), `web-${id}`, ref('Folder', 'root')),
    );
    const { vcenter } = await connected(() => ({ objects: many }));
    assert.deepEqual((await vcenter.findVms(['web-199999'])).vms, [{ vm: 'vm-199999', name: 'web-199999' }]);
  });
});
