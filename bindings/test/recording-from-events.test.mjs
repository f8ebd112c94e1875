import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Playback, recordingFromEvents, replay, WireError } from '../dist/node.js';
import { event, SUCCESS } from './scripted-source.mjs';

const sample = (name) => readFileSync(new URL(`../../tests/wire/samples/${name}`, import.meta.url));

/** The rows at the end, which a replay and a playback agree on. */
function rowsOf(recording) {
  const report = JSON.parse(replay(JSON.stringify(recording)));
  const playback = new Playback(recording);
  playback.seek(playback.endMs);
  assert.deepEqual(playback.report(), report);
  assert.equal(playback.eventCount, recording.steps.length);
  return report.vms;
}

describe('a recording made of events', () => {
  test('begins with the first event and has one step per event, whatever their order', () => {
    const reboot = event('VmGuestRebootEvent', 8, 1.5);
    const other = event('VmGuestRebootEvent', 9, -60, 'vm-102');
    const recording = recordingFromEvents([
      [SUCCESS[2], reboot, other],
      [SUCCESS[0], SUCCESS[1], null],
    ]);
    assert.equal(recording.startedAt, '2026-03-01T09:59:55.000Z');
    assert.deepEqual(
      recording.steps.map(({ atMs, events }) => [atMs, events[0]._typeName]),
      [
        [0, 'VmStartingEvent'],
        [6000, 'CustomizationStartedEvent'],
        [6500, 'VmGuestRebootEvent'],
        [7000, 'CustomizationSucceeded'],
      ],
    );
    assert.deepEqual(recording.vms, [{ vm: 'vm-101' }]);
    assert.deepEqual(recording.options, {
      attempts: 'reopen',
      timeoutSeconds: null,
      waitForPowerOn: true,
      since: recording.startedAt,
    });
    assert.equal(rowsOf(recording)[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('is made of every wire form, several documents and lines too', () => {
    const lines = SUCCESS.map((line) => JSON.stringify(line)).join('\n');
    for (const [documents, expected] of [
      [[sample('soap_QueryEventsResponse.xml')], ['vm-101 CustomizationFailed', 'vm-102 VmNotStarted']],
      [[sample('DrsVmPoweredOnEvent.cloudevent.json')], ['vm-596 CustomizationNotStarted']],
      [
        [lines, sample('DrsVmPoweredOnEvent.cloudevent.json').toString()],
        ['vm-101 CustomizationSucceeded', 'vm-596 CustomizationNotStarted'],
      ],
      [[govcLines()], ['vm-101 CustomizationSucceeded']],
    ]) {
      const rows = rowsOf(recordingFromEvents(documents));
      assert.deepEqual(
        rows.map(({ vm, customizationStatus }) => `${vm} ${customizationStatus}`),
        expected,
      );
    }
    assert.ok(rowsOf(recordingFromEvents([sample('vijson_events_all_classes.json')])).length >= 2);
  });

  test('cannot be made where no event is of interest', () => {
    for (const documents of [
      [],
      [[event('VmGuestRebootEvent', 1, 0)]],
      [sample('govc_events_l_json.govmomi-2420.json')],
      ['<html/>'],
    ]) {
      assert.throws(() => recordingFromEvents(documents), WireError);
    }
    for (const [documents, message] of [
      [[[]], /^there are no events, and so none of interest: there has to be a power-on/],
      [[], /^there are no events/],
      [['[]\n[]\n'], /^there are no events/],
      [[[event('VmGuestRebootEvent', 1, 0)]], /^(?:the one event is not|none of the 1 events is) of interest/],
    ]) {
      assert.throws(
        () => recordingFromEvents(documents),
        (error) => {
          assert.equal(error.code, 'wireNotEvents');
          assert.match(error.message, /of interest/);
          assert.doesNotMatch(error.message, /the (0|1) events/);
          return message.test(error.message);
        },
      );
    }
    const far = [SUCCESS[0], { ...SUCCESS[1], createdTime: '2099-01-01T00:00:00Z' }];
    assert.throws(() => recordingFromEvents([far]), /ms apart/);
    for (const documents of [undefined, null, 5, 'text', {}]) {
      assert.throws(
        () => recordingFromEvents(documents),
        (error) => error instanceof WireError && /pass an array/.test(error.message),
      );
    }
  });

  test('has a report count what it cannot place or take, and says what all of a file lacks', () => {
    const vm2 = { name: 'web-2', vm: { type: 'VirtualMachine', value: 'vm-2' } };
    const { key: _, ...without } = { ...SUCCESS[0], vm: vm2 };
    const [report] = replay([recordingFromEvents([[without, ...SUCCESS, { key: 9 }, { ...SUCCESS[1], key: 'x' }]])]);
    assert.deepEqual([report.vms.map(({ vm }) => vm), report.ignored], [['vm-101'], { malformed: 3 }]);
    for (const [documents, told] of [
      [[{ ...SUCCESS[0], key: '7' }], /have keys that are no whole numbers/],
      [[{ ...SUCCESS[0], key: 7.5 }], /have keys that are no whole numbers/],
      [[{}], /holds no events, but what has neither a type nor a time/],
      ['CreatedTime : 01.03.2026\r\nUserName    : x\r\n', /is what PowerShell prints for people/],
      ['#< CLIXML\r\n<Objs Version="1.1"></Objs>', /is PowerShell's Export-Clixml/],
      ['- key: 7\n  createdTime: 2026-03-01\n', /is YAML/],
      ['2026-03-01T10:00:00Z [info] VM powered on\n2026-03-01T10:00:05Z done\n', /is a text of dated lines/],
      ['\uFEFF2026-03-01 10:00:00,123 INFO VM powered on\n', /is a text of dated lines/],
      ['[2026-03-01T10:00:00.000Z] VM powered on\n', /is a text of dated lines/],
      ['2026-03-01\n', /is a text of dated lines/],
      ['<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>', /is an HTML page/],
      ['\n<!-- error --><HTML><body>403</body></HTML>', /is an HTML page/],
      ['<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html/>', /is an HTML page/],
      ['<script>location="/login"</script>', /is an HTML page/],
    ]) {
      assert.throws(() => recordingFromEvents([documents]), { code: 'wireNotEvents', message: told }, String(told));
    }
    const ofCloud = { specversion: '1.0', type: 'com.vmware.vsphere.VmStartingEvent.v0', data_base64: '!!no' };
    assert.throws(() => recordingFromEvents([[ofCloud]]), /item 1: its `data_base64` is no base64: `!!no`$/);
  });

  test('leaves out items without a time, however many, and reads no document more than twice', (t) => {
    const without = { ...SUCCESS[1], createdTime: undefined };
    const bad = [without, {}, { createdTime: 'soon' }, { value: [SUCCESS[0], SUCCESS[1]] }];
    const items = Array.from({ length: 400 }, (_, at) => [
      event('VmGuestRebootEvent', at + 10, at),
      bad[at % bad.length === 3 && at > 3 ? 0 : at % bad.length],
    ]).flat();
    const stringify = t.mock.method(JSON, 'stringify');
    const { steps } = recordingFromEvents([[...SUCCESS, ...items]]);
    // Once for the document, and once each time that it is summarized.
    assert.ok(stringify.mock.callCount() <= 3, `${stringify.mock.callCount()} documents`);
    assert.equal(steps.filter(({ events }) => events[0]._typeName === 'VmGuestRebootEvent').length, 400);
    for (const { events } of steps) assert.equal(typeof events[0].createdTime, 'string', JSON.stringify(events));
  });
});

/** As newer versions of `govc events -json` print them. */
function govcLines() {
  return SUCCESS.map(({ _typeName, key, createdTime }) =>
    JSON.stringify({
      object: 'VirtualMachine:vm-101',
      type: _typeName,
      key,
      createdTime,
      category: 'info',
      message: '',
    }),
  ).join('\n');
}
