/** Which VMs the vSphere Client's context is about: read strictly, since it decides what the back end is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../../web-demo/src/plugin/urn.ts', import.meta.url))],
  write: false,
  format: 'esm',
});
const { parseVmUrn, contextVms } = await import(`data:text/javascript;base64,${btoa(outputFiles[0].text)}`);

const GUID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const OTHER = '00000000-0000-4000-8000-000000000000';
const urn = (vm, guid = GUID) => `urn:vmomi:VirtualMachine:${vm}:${guid}`;
const context = (...ids) => ids.map((id) => ({ id }));

test('a VM is told by its id and its vCenter', () => {
  assert.deepEqual(parseVmUrn(urn('vm-101')), { vm: 'vm-101', vcGuid: GUID });
  assert.deepEqual(parseVmUrn(urn('vm-101', GUID.toUpperCase())), { vm: 'vm-101', vcGuid: GUID });
  assert.deepEqual(parseVmUrn(urn(`vm-${'9'.repeat(19)}`)).vm, `vm-${'9'.repeat(19)}`);
});

test('nothing else is a VM', () => {
  for (const text of [
    undefined,
    null,
    101,
    {},
    [urn('vm-101')],
    '',
    'vm-101',
    `urn:vmomi:Folder:group-v3:${GUID}`,
    `urn:vmomi:VirtualMachine:vm-101`,
    `urn:vmomi:VirtualMachine:vm-101:`,
    `urn:vmomi:VirtualMachine::${GUID}`,
    urn('vm-'),
    urn('vm-1a'),
    urn('VM-101'),
    urn('host-9'),
    urn(`vm-${'9'.repeat(20)}`),
    urn('vm-101/../vm-102'),
    urn('vm-101:vm-102'),
    urn('vm-101', `{${GUID}}`),
    urn('vm-101', GUID.slice(1)),
    urn('vm-101', GUID.replaceAll('-', '')),
    urn('vm-101', `${GUID}:`),
    ` ${urn('vm-101')}`,
    `${urn('vm-101')}\n`,
    `x${urn('vm-101')}`,
  ]) {
    assert.equal(parseVmUrn(text), undefined, String(text));
  }
});

test('a context has VMs of one vCenter, each once', () => {
  assert.deepEqual(contextVms(context(urn('vm-2'), urn('vm-1'), urn('vm-2', GUID.toUpperCase()))), {
    vms: ['vm-2', 'vm-1'],
    vcGuid: GUID,
  });
});

test('any other context is refused, in words for people', () => {
  for (const [objects, message] of [
    [undefined, /No VM is selected/],
    [{ id: urn('vm-1') }, /No VM is selected/],
    [[], /No VM is selected/],
    [[null], /not a VM/],
    [context(undefined), /not a VM/],
    [context(urn('vm-1'), `urn:vmomi:HostSystem:host-9:${GUID}`), /not a VM/],
    [context(urn('vm-1'), urn('vm-1', OTHER)), /several vCenters/],
    [context(...Array.from({ length: 1_001 }, (_, index) => urn(`vm-${index}`))), /More than 1000 VMs/],
  ]) {
    assert.throws(() => contextVms(objects), { name: 'ContextError', message });
  }
  assert.equal(
    contextVms(context(...Array.from({ length: 1_000 }, (_, index) => urn(`vm-${index}`)))).vms.length,
    1_000,
  );
});
