/** A recording of eight hours with 40 VMs: 28 succeed, three fail, two get stuck, five are under way, and two stay off. */
import { atPosition } from './at-position.mjs';

const MINUTE = 60_000;
const START = Date.parse('2026-03-01T07:20:00Z');
/** Minutes since the start. */
const END = 480;
/** vCenter cannot be read between these. */
const [SILENT_FROM, SILENT_UNTIL] = [428, 440];

const minutesAt = (clock) => {
  const [hours, minutes] = clock.split(':').map(Number);
  return hours * 60 + minutes - 440;
};

/** Name, power-on, minutes to the start and to the result, and what the result is. */
const FAILED = [
  ['fra1-prd-rds-139', '14:54', 2, 22, 'CustomizationFailed', { reason: 'customizationDisabled' }],
  ['fra2-prd-db-134', '13:15', 1, 5, 'CustomizationNetworkSetupFailed', { reason: 'networkSetupFailed' }],
  ['fra2-prd-iis-128', '10:16', 2, 4, 'CustomizationSysprepFailed', { sysprepVersion: '10.0', systemVersion: '10.1' }],
];
const STUCK = [
  ['fra2-prd-api-132', '13:45', 1],
  ['fra2-prd-web-126', '14:10', null],
];
const RUNNING = [
  ['fra2-prd-iis-138', '15:01', 3],
  ['fra1-prd-rds-115', '15:11', 2],
  ['fra1-prd-web-137', '15:13', 1],
  ['fra1-prd-node-113', '15:16', 1],
  ['fra1-prd-sql-121', '15:18', null],
];
const OFF = ['fra1-prd-spare-140', 'fra2-prd-spare-141'];
const ROLES = [
  ['web', 4],
  ['sql', 15],
  ['api', 3],
  ['rds', 21],
  ['node', 5],
  ['web', 6],
  ['iis', 18],
];
const SUCCEEDED = Array.from({ length: 28 }, (_, i) => {
  const [role, minutes] = ROLES[i % ROLES.length];
  const on = Math.round(i * 15.2 + ((i * 7) % 11));
  return [`fra${1 + (i % 2)}-prd-${role}-${201 + i}`, on, 1, minutes + ((i * 3) % 3), 'CustomizationSucceeded', {}];
});

/** @returns {object} a `vm-customization-recording/1` */
export function shiftRecording() {
  const vms = [];
  const events = [];
  let key = 900_000;
  const vmOf = (name) => {
    vms.push({ vm: `vm-${1_101 + vms.length}`, name });
    return vms.at(-1);
  };
  const tell = ({ vm, name }, minute, type, fields = {}) => {
    key += 1;
    events.push({
      minute,
      event: {
        _typeName: type,
        key,
        chainId: key,
        createdTime: new Date(START + minute * MINUTE).toISOString(),
        vm: { name, vm: { type: 'VirtualMachine', value: vm } },
        fullFormattedMessage: `${type} of ${name}`,
        ...fields,
      },
    });
  };
  const pending = [];
  for (const [name, on, toStart, toResult, type, fields] of [...FAILED, ...STUCK, ...RUNNING, ...SUCCEEDED]) {
    const ref = vmOf(name);
    const minute = typeof on === 'string' ? minutesAt(on) : on;
    tell(ref, minute, 'VmStartingEvent');
    if (toStart !== null) tell(ref, minute + toStart, 'CustomizationStartedEvent');
    if (type !== undefined) tell(ref, minute + toResult, type, fields);
    if (toStart === null) pending.push({ vm: ref.vm, minute: minute + 1 });
  }
  for (const name of OFF) vmOf(name);
  const steps = [];
  for (let minute = 0; minute <= END; minute += 1) {
    const atMs = minute * MINUTE;
    if (minute > SILENT_FROM && minute < SILENT_UNTIL) {
      steps.push({ atMs, readFailed: { kind: 'transient', message: 'vcenter.example.com: connection refused' } });
      continue;
    }
    const since = minute === SILENT_UNTIL ? SILENT_FROM : minute - 1;
    const told = events.filter((each) => each.minute > since && each.minute <= minute);
    steps.push({ atMs, events: told.map(({ event }) => event) });
    for (const { vm } of pending.filter((each) => each.minute === minute)) {
      steps.push({ atMs, guestInfo: { vm, pendingCustomization: true } });
    }
  }
  const options = { attempts: 'reopen', timeoutSeconds: null, waitForPowerOn: true, stuckAfterSeconds: 1_800 };
  return {
    format: 'vm-customization-recording/1',
    startedAt: new Date(START).toISOString(),
    vms,
    options: { ...options, pollIntervalSeconds: 60 },
    steps,
  };
}

/** Opens it in the page, at its end, on the wall screen. */
export async function openShift(page) {
  const buffer = Buffer.from(JSON.stringify(shiftRecording()));
  await page.locator('#open-file').evaluate((open) => open.click());
  await page.locator('#files').setInputFiles({ name: 'vcenter.example.com', mimeType: 'application/json', buffer });
  await page.waitForFunction(() => document.querySelector('#view').model.size === 40);
  await page.locator('#position').evaluate((position) => {
    position.value = position.max;
    position.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await atPosition(page);
  await page.locator('#wall').evaluate((wall) => wall.click());
  await page.locator('#wall-view .tiles b').first().waitFor();
}
