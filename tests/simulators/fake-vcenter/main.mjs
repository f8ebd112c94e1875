/**
 * The simulated vCenter as a program, with the flags and the protocol of
 * `tests/simulators/vcsim/main.go`:
 *
 *   node tests/simulators/fake-vcenter/main.mjs [-vms 4] [-autostart] [-user …] [-password …] [-session-timeout 2s] [-esx] [-tls=false]
 *     [-clock-offset 600s] [-first-key 2147483640] [-page-order shuffled] [-match-base-types] [-property-page-size 2]
 *     [-api-version 8.0.2.0] [-version-name uA046D008] [-collectors=false] [-max-collectors 32] [-leak-collectors=false]
 *     [-queries-need-slot] [-init-delay 50ms] [-updates coalesced] [-max-updates 100] [-update-delay 1ms]
 *     [-vi-json=false] [-type-name-place shuffled] [-box-objects] [-empty-answers nothing] [-fault-strings never]
 *
 * What they do is told at `FakeOptions` in `server.mjs`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeCertificate } from '../certificate.mjs';
import { startFakeVCenter } from './server.mjs';

const DURATION_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function durationOf(text, flag) {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match) throw new Error(`-${flag} ${text}: must be a duration such as 2s`);
  return Number(match[1]) * DURATION_MS[match[2]];
}

function integerOf(text, flag) {
  if (!/^-?\d+$/.test(text)) throw new Error(`-${flag} ${text}: must be an integer`);
  return Number(text);
}

function booleanOf(text, flag) {
  if (text !== 'true' && text !== 'false') throw new Error(`-${flag}=${text}: must be true or false`);
  return text === 'true';
}

function oneOf(...choices) {
  return (text, flag) => {
    if (!choices.includes(text)) throw new Error(`-${flag} ${text}: must be one of ${choices.join(', ')}`);
    return text;
  };
}

/** How each flag is read, and the option it sets. */
const flags = {
  vms: ['vms', integerOf],
  autostart: ['autostart', booleanOf],
  user: ['user', String],
  password: ['password', String],
  'session-timeout': ['sessionTimeoutMs', durationOf],
  esx: ['esx', booleanOf],
  tls: ['tls', booleanOf],
  'api-version': ['apiVersion', String],
  'clock-offset': ['clockOffsetMs', durationOf],
  'first-key': ['firstKey', integerOf],
  'match-base-types': ['matchBaseTypes', booleanOf],
  'page-order': ['pageOrder', oneOf('newestFirst', 'oldestFirst', 'shuffled')],
  'property-page-size': ['propertyPageSize', integerOf],
  collectors: ['collectors', booleanOf],
  'max-collectors': ['maxCollectors', integerOf],
  'leak-collectors': ['leakCollectors', booleanOf],
  'queries-need-slot': ['queriesNeedSlot', booleanOf],
  'init-delay': ['initDelayMs', durationOf],
  updates: ['updates', oneOf('each', 'coalesced')],
  'max-updates': ['maxUpdates', integerOf],
  'update-delay': ['updateDelayMs', durationOf],
  'vi-json': ['viJson', booleanOf],
  'version-name': ['versionName', String],
  'type-name-place': ['typeNamePlace', oneOf('first', 'last', 'shuffled')],
  'box-objects': ['boxObjects', booleanOf],
  'empty-answers': ['emptyAnswers', oneOf('list', 'null', 'nothing')],
  'fault-strings': ['faultStrings', oneOf('soap', 'always', 'never')],
};

/** Flags as Go's: one dash or two, the value after `=` or as the next argument; a boolean needs none. */
function readFlags(args) {
  const options = { tls: true };
  for (let i = 0; i < args.length; i += 1) {
    const match = /^--?([\w-]+)(?:=(.*))?$/.exec(args[i]);
    if (!match || !Object.hasOwn(flags, match[1])) throw new Error(`${args[i]}: unknown flag`);
    const [option, read] = flags[match[1]];
    let value = match[2];
    if (value === undefined) {
      if (read === booleanOf) value = 'true';
      else if (i + 1 < args.length) value = args[++i];
      else throw new Error(`-${match[1]}: needs a value`);
    }
    options[option] = read(value, match[1]);
  }
  return options;
}

async function main() {
  const { tls, ...options } = readFlags(process.argv.slice(2));
  const facts = {};
  if (tls) {
    const identity = makeCertificate({ commonName: 'simulated vCenter' });
    const folder = mkdtempSync(join(tmpdir(), 'fake-vcenter-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    facts.thumbprint = identity.thumbprint;
    facts.certificate = join(folder, 'certificate.pem');
    facts.key = join(folder, 'key.pem');
    writeFileSync(facts.certificate, identity.certificate, { mode: 0o600 });
    writeFileSync(facts.key, identity.key, { mode: 0o600 });
    Object.assign(options, { certificate: identity.certificate, key: identity.key });
  }
  const server = await startFakeVCenter(options);
  const end = () => process.exit(0);
  process.on('SIGTERM', end).on('SIGINT', end);

  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const { url, user, password, vms } = server;
  say({ ready: true, url, user, password, ...facts, vms });

  const perform = ({ id, ...command }) =>
    server.do(command).then(
      (answer) => say({ id, ...answer }),
      (error) => say({ id, ok: false, error: error.message }),
    );
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line.trim() === '') return;
      let command;
      try {
        command = JSON.parse(line);
      } catch (error) {
        return say({ ok: false, error: `command: ${error.message}` });
      }
      perform(command ?? {});
    })
    .on('close', end);
}

main().catch((error) => {
  process.stderr.write(`fake-vcenter: ${error.message}\n`);
  process.exit(1);
});
