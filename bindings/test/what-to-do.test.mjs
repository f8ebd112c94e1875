/** What to do is told of every failure, reason and hint that there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { whatToDo, withWhatToDo, limits } = await internal(
  'what-to-do',
  'core/limits',
  'core/wasm/loader',
  'core/wasm/glue',
);
const { adviceLines, Labels, columns } = await internal('cli/output/advice', 'messages', 'cli/output/text');
const ROOT = new URL('../../', import.meta.url);
const { $defs } = JSON.parse(readFileSync(new URL('docs/schemas/report.schema.json', ROOT), 'utf8'));

const row = (customizationStatus, more) => ({ vm: 'vm-1', name: 'web-1', customizationStatus, hint: null, ...more });
const failed = (failure) => row('CustomizationFailed', { conclusion: 'completed', failure });
const failure = (type, reason = null, logLocation = null) => ({ type, reason, logLocation });

const TYPES = [...limits().eventTypes.filter((type) => type.includes('Fail')), 'TOOLSDEPLOYPKG_FAILED'];
const REASONS = $defs.failure.properties.reason.examples;
const HINTS = $defs.row.properties.hint.enum.filter((hint) => hint !== null);

const ROWS = [
  ...TYPES.map((type) => [type, failed(failure(type))]),
  ...REASONS.map((reason) => [reason, failed(failure('CustomizationFailed', reason))]),
  ...HINTS.map((hint) => [hint, row('CustomizationNotStarted', { conclusion: 'timedOut', hint })]),
];

describe('what to do', () => {
  test('is asked for five types of events, four reasons, and the hints of the report', () => {
    // CustomizationFailed and what extends it, and CustomizationFailedReasonCode, in vim25 of vSphere 9.1.
    assert.deepEqual(TYPES.toSorted(), [
      'CustomizationFailed',
      'CustomizationLinuxIdentityFailed',
      'CustomizationNetworkSetupFailed',
      'CustomizationSysprepFailed',
      'CustomizationUnknownFailure',
      'TOOLSDEPLOYPKG_FAILED',
    ]);
    assert.deepEqual(REASONS.toSorted(), [
      'customizationDisabled',
      'rawDataIsNotSupported',
      'userDefinedScriptDisabled',
      'wrongMetadataFormat',
    ]);
    assert.ok(HINTS.length >= 8);
  });

  for (const [about, subject] of ROWS) {
    test(`is told of ${about}, with one to three steps and a source`, () => {
      const advice = whatToDo(subject);
      assert.equal(advice.about, about);
      assert.match(advice.headline, /^.{5,60}[^.]$/);
      assert.match(advice.cause, /^.*\.$/);
      assert.ok(advice.steps.length >= 1 && advice.steps.length <= 3);
      for (const step of advice.steps) assert.match(step, /^[A-Z].{10,}$/);
      assert.equal('logPath' in advice || HINTS.includes(about), true);
      const [, file, section] = /^(docs\/\w+\.md), (\w+)$/.exec(advice.source) ?? [];
      if (file === undefined) assert.match(advice.source, /^https:\/\/[\w./-]+$/);
      else assert.match(readFileSync(new URL(file, ROOT), 'utf8'), new RegExp(`\\b${section}\\b`));
    });
  }

  test('is told by the reason before the type, and of a type or a reason that is not known as of any failure', () => {
    const about = (...of) => whatToDo(failed(failure(...of))).about;
    assert.equal(about('CustomizationSysprepFailed', 'customizationDisabled'), 'customizationDisabled');
    assert.equal(about('CustomizationNetworkSetupFailed', 'NicSettingMismatch'), 'CustomizationNetworkSetupFailed');
    for (const odd of ['CustomizationMoonFailed', 'constructor', '__proto__', '']) {
      assert.equal(about(odd, odd), 'CustomizationFailed', odd);
    }
    const published = { vm: 'vm-1', name: null, customizationStatus: 'CustomizationFailed', conclusion: 'completed' };
    assert.equal(whatToDo(published).about, 'CustomizationFailed');
  });

  test('names the log that the event names', () => {
    assert.equal(whatToDo(failed(failure('CustomizationFailed', null, 'D:\\log'))).logPath, 'D:\\log');
    assert.match(whatToDo(failed(failure('CustomizationFailed', null, ''))).logPath, /^Linux: \/var\/log/);
  });

  test('is not told of a VM that succeeded or is waited for, nor of a hint that is not known', () => {
    for (const subject of [
      row('CustomizationSucceeded', { conclusion: 'completed', failure: null }),
      row('CustomizationStarted', {}),
      row('CustomizationStarted', { hint: 'later' }),
      { vm: 'vm-1', name: null, customizationStatus: 'VmNotStarted' },
    ]) {
      assert.equal(whatToDo(subject), undefined);
    }
  });

  test('stands in a report once for each kind, with its VMs in their order', () => {
    const vms = ['a', 'b', 'a', 'c'].map((kind, index) => ({
      ...failed(
        failure('CustomizationFailed', { a: 'customizationDisabled', b: 'wrongMetadataFormat', c: null }[kind]),
      ),
      vm: `vm-${index}`,
    }));
    assert.deepEqual(
      withWhatToDo({ vms }).whatToDo.map(({ about, vms }) => [about, vms]),
      [
        ['customizationDisabled', ['vm-0', 'vm-2']],
        ['wrongMetadataFormat', ['vm-1']],
        ['CustomizationFailed', ['vm-3']],
      ],
    );
    const well = { vms: [row('CustomizationSucceeded', { conclusion: 'completed', failure: null })] };
    assert.equal(withWhatToDo(well), well);
  });
});

describe('under the table', () => {
  test('nothing stands where all is well, and every kind within the width', () => {
    const labels = new Labels([]);
    assert.deepEqual(adviceLines({ vms: [row('CustomizationSucceeded')] }, labels), []);
    const vms = ROWS.map(([, subject], index) => ({ ...subject, vm: `vm-${index}` }));
    for (const width of [40, 80, 120]) {
      const lines = adviceLines({ vms }, labels, width);
      for (const line of lines) {
        // A command, an address or a path that is longer than the width stands alone.
        assert.ok(columns(line) <= width || /^ *(`[^`]*`\.|\S+)$/.test(line), `${width}: ${line}`);
      }
      assert.equal(lines.filter((line) => line.startsWith('  See: ') || line === '  See:').length, ROWS.length);
    }
  });

  test('the VMs of one kind are named, the first five of many', () => {
    const vms = Array.from({ length: 7 }, (_, index) => ({
      ...failed(failure('CustomizationFailed', 'customizationDisabled')),
      vm: `vm-${index}`,
      name: `web-${index}`,
    }));
    assert.deepEqual(adviceLines({ vms }, new Labels(vms)), [
      '',
      'What to do',
      '----------',
      'Customization is switched off in the guest: web-0, web-1, web-2, web-3, web-4',
      'and 2 more',
      '  VMware Tools in the guest are configured to refuse customization.',
      '  1. In the template:',
      '     `vmware-toolbox-cmd config set deployPkg enable-customization true`.',
      '  2. Then deploy the VM anew: the first power-on has used its specification up,',
      '     though it failed.',
      '  Log: Linux: /var/log/vmware-imc/toolsDeployPkg.log; Windows:',
      '  C:\\Windows\\Temp\\vmware-imc\\guestcust.log',
      '  See:',
      '  https://github.com/vmware/open-vm-tools/tree/master/open-vm-tools/lib/include',
    ]);
  });
});
