/** `cargo xtask simulate`: worlds from seeds, and whether all that is told of their VMs is so. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { init } from '../../bindings/dist/node.js';
import { liveInFleet } from './fleet.mjs';
import { live } from './scripted-host.mjs';
import { simulate } from './simulate.mjs';
import { liveOnTheWire, liveWhole } from './whole-wait.mjs';

const USAGE = `usage: cargo xtask simulate [OPTION…]

  --runs N      how many worlds (10000)
  --seed S      that of the first world, the next ones follow; \`new\` takes one that nobody has seen (1)
  --by WHO      who waits: \`core\`, with a scripted host; \`waits\`, several on one shared source; \`wire\`, these with the
                client of a simulated vCenter; \`fleet\`, workers that die and are cut off (core)
  --again FILE  lives once more through a world that was written down, target/simulation/SEED.json; with the same --by
  --help        this text

Ctrl-C ends it with the figures so far.

What is told wrongly is made small and written to target/simulation/SEED.json, a recording that \`wait-vm-customization
replay\` plays; the exit status is 1 then.`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    by: { type: 'string', default: 'core' },
    again: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const hosts = new Map(Object.entries({ core: live, waits: liveWhole, wire: liveOnTheWire, fleet: liveInFleet }));
const host = hosts.get(values.by);
if (host === undefined) {
  console.error(`--by ${values.by} is none of core, waits, wire and fleet`);
  process.exit(2);
}
if (values.help) console.log(USAGE);
else if (values.again) process.exitCode = await again(values.again);
else process.exitCode = await many();

async function again(file) {
  await init();
  const { complaint } = await host(JSON.parse(readFileSync(file, 'utf8')).simulation.world);
  console.log(complaint ?? 'all that is told is so');
  return complaint ? 1 : 0;
}

async function many() {
  const runs = numberOf('runs', values.runs);
  const seed = values.seed === 'new' ? Date.now() : numberOf('seed', values.seed);
  console.log(`seed ${seed}`);
  const begun = performance.now();
  let toldAt = begun;
  let isEnough = false;
  process.once('SIGINT', () => {
    isEnough = true;
  });
  const goesOn = ({ runs: done, wrong }) => {
    if (performance.now() - toldAt >= 60_000) {
      toldAt = performance.now();
      console.log(`${done} runs, ${wrong.length} wrong`);
    }
    // Many of one kind say no more than a few.
    return !isEnough && wrong.length < 10;
  };
  const figures = await simulate({ runs, seed, host, goesOn });
  const seconds = (performance.now() - begun) / 1000;
  for (const [what, count] of [...figures.covered].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(count).padStart(10)}  ${what}`);
  }
  console.log(
    `runs                 ${figures.runs} in ${seconds.toFixed(1)} s, ${(figures.runs / seconds).toFixed(1)} a second`,
  );
  console.log(`inputs               ${figures.inputs}`);
  console.log(`VMs                  ${figures.vms}, and of ${figures.whole} the whole truth was told`);
  console.log(`wrong                ${figures.wrong.length}`);
  for (const { seed: which, complaint, file, events, steps } of figures.wrong) {
    console.log(`  seed ${which}: ${complaint}\n    ${file}: ${events} events, ${steps} steps`);
  }
  return figures.wrong.length === 0 ? 0 : 1;
}

function numberOf(name, text) {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    console.error(`--${name} ${text} is no whole number`);
    process.exit(2);
  }
  return number;
}
