/** What the command prints of a report. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportText } from '../dist/cli/report-text.js';

const row = (vm, more = {}) => ({
  vm,
  name: null,
  customizationStatus: 'CustomizationSucceeded',
  conclusion: 'completed',
  failure: null,
  hint: null,
  ...more,
});
const linesOf = (vms, more = {}) => reportText({ vms, ...more }).split('\n');

describe('a report', () => {
  it('has the columns that say something', () => {
    assert.deepEqual(linesOf([row('vm-1'), row('vm-2', { name: 'web-2' })]), [
      'VM     CustomizationStatus     Conclusion',
      'vm-1   CustomizationSucceeded  completed',
      'web-2  CustomizationSucceeded  completed',
      '',
    ]);
  });

  it('says when a guest was ready, and why a VM is as it is', () => {
    const readyAt = '2026-03-01T10:08:00.000Z';
    const failure = (reason, message) => ({ type: 'CustomizationFailed', reason, message });
    const lines = linesOf([
      row('vm-1', { readyAt }),
      row('vm-2', { customizationStatus: 'CustomizationFailed', failure: failure('customizationDisabled', 'x') }),
      row('vm-3', { customizationStatus: 'CustomizationFailed', failure: failure(null, 'no NIC\u001B[2J') }),
      row('vm-4', { conclusion: 'unobservable', error: { kind: 'fatal', message: 'refused' } }),
      row('vm-5', { conclusion: 'timedOut', hint: 'notReady' }),
    ]);
    assert.match(lines[0], /^VM +CustomizationStatus +Conclusion +Ready at +Reason$/);
    for (const [at, end] of [
      [1, readyAt],
      [2, 'CustomizationFailed: customizationDisabled'],
      [3, 'CustomizationFailed: no NIC\uFFFD[2J'],
      [4, 'unobservable {28}refused'],
      [5, 'timedOut +notReady'],
    ]) {
      assert.match(lines[at], new RegExp(`${end.replace('[', '\\[')}$`));
    }
  });

  it('says below what to do, each kind of trouble once, with the VMs that have it', () => {
    const advice = {
      about: 'CustomizationFailed',
      headline: 'It failed',
      cause: 'Because.',
      steps: ['Look.', 'Mend.'],
      logPath: '/var/log/x',
      source: 'https://example.com',
      vms: ['vm-1', 'vm-2'],
    };
    assert.deepEqual(linesOf([row('vm-1', { name: 'web-1' }), row('vm-2')], { whatToDo: [advice] }).slice(3), [
      '',
      'It failed: web-1, vm-2',
      '  Because.',
      '  1. Look.',
      '  2. Mend.',
      '  Log: /var/log/x',
      '  See: https://example.com',
      '',
    ]);
  });
});
