import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { summarizeEvents, WireError } from '../dist/node.js';
import { event, SUCCESS } from './scripted-source.mjs';

const sample = (name) => readFileSync(new URL(`../../tests/wire/samples/${name}`, import.meta.url));
const kinds = (summaries) => summaries.map(({ type, kind }) => [type, kind]);

describe('the events of a document', () => {
  test('are told with what they mean to the machine', () => {
    assert.deepEqual(summarizeEvents(SUCCESS)[0], {
      vm: 'vm-101',
      name: 'name of vm-101',
      key: 1,
      createdTime: '2026-03-01T09:59:55.000Z',
      type: 'VmStartingEvent',
      kind: 'powerOn',
    });
    const types = {
      VmUnsupportedStartingEvent: 'powerOn',
      VmPoweredOnEvent: 'powerOn',
      DrsVmPoweredOnEvent: 'powerOn',
      'vim.event.VmRestartedOnAlternateHostEvent': 'powerOn',
      CustomizationStartedEvent: 'started',
      CustomizationSucceeded: 'succeeded',
      'VMware.Vim.CustomizationSysprepFailed': 'failed',
      CustomizationGuestFailureFuture: 'failed',
      VmRemovedEvent: 'removed',
      VmGuestRebootEvent: null,
    };
    const events = Object.keys(types).map((type, key) => event(type, key, key));
    assert.deepEqual(
      kinds(summarizeEvents(events)),
      Object.entries(types).map(([type, kind]) => [type.split('.').at(-1), kind]),
    );
  });

  test('are the same from every wire form', () => {
    const soap = summarizeEvents(sample('soap_QueryEventsResponse.xml'));
    assert.deepEqual(kinds(soap), [
      ['VmStartingEvent', 'powerOn'],
      ['CustomizationStartedEvent', 'started'],
      ['CustomizationSysprepFailed', 'failed'],
      ['CustomizationFailed', 'failed'],
    ]);
    assert.equal(soap[0].createdTime, '2023-05-04T07:33:31.102Z', 'rounded half up');
    assert.deepEqual(summarizeEvents(sample('vijson_events_all_classes.json'))[0], soap[0]);
    const [cloud] = summarizeEvents(sample('DrsVmPoweredOnEvent.cloudevent.json'));
    assert.deepEqual([cloud.vm, cloud.name, cloud.kind], ['vm-596', 'TestVM', 'powerOn']);
    const [govc] = summarizeEvents(sample('govc_events_l_json.govmomi-2420.json'));
    assert.deepEqual([govc.vm, govc.key, govc.type, govc.kind], [null, null, 'VmMigratedEvent', null]);
  });

  test('are left out without a type or a time that names a moment', () => {
    const [good] = SUCCESS;
    const events = [null, { key: 1 }, { ...good, createdTime: '2026-03-01T10:00:00' }, { ...good, key: 'x' }, good];
    assert.deepEqual(
      summarizeEvents(events).map(({ key }) => key),
      [null, 1],
    );
    assert.deepEqual(summarizeEvents([]), []);
  });

  test('cannot be told of a document that is none', () => {
    assert.throws(() => summarizeEvents('<html></html>'), WireError);
    assert.throws(() => summarizeEvents(5), WireError);
  });
});
