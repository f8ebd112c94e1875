/** `cargo xtask chaos`: a fleet under attack for as long as you like; it prints what became of it. */
import { parseArgs } from 'node:util';
import { runChaos } from './run.mjs';

const USAGE = `usage: cargo xtask chaos [OPTION…]

  --minutes N   how long waits are asked for and workers and brokers killed (2)
  --seed S      which run; the same seed plans the same (a new one)
  --vcenters N  (20)
  --workers N   (4)
  --waits N     (250 a minute)
  --calm        nothing is killed
  --help        this text`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    vcenters: { type: 'string', default: '20' },
    workers: { type: 'string', default: '4' },
    waits: { type: 'string' },
    calm: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const seconds = Number(values.minutes) * 60;
  console.log(`seed ${values.seed}`);
  const figures = await runChaos({
    seed: Number(values.seed),
    seconds,
    vcenters: Number(values.vcenters),
    workers: Number(values.workers),
    waits: Number(values.waits ?? Math.round((250 * seconds) / 60)),
    calm: values.calm,
    say: console.log,
  });
  print(figures);
  const isGood = [figures.lost, figures.doubled, figures.wrong, figures.problems].every(({ length }) => length === 0);
  process.exitCode = isGood ? 0 : 1;
}

function print({ lost, doubled, wrong, problems, ...figures }) {
  for (const problem of [...lost, ...doubled, ...wrong, ...problems]) console.log(`  ${problem}`);
  const spread = ({ count, p50, p95, max }) =>
    count === 0 ? 'none' : `p50 ${p50} ms, p95 ${p95} ms, max ${max} ms (${count})`;
  console.log(`waits                     ${figures.waits}, kills of workers ${figures.kills}`);
  console.log(`lost, doubled, wrong      ${lost.length}, ${doubled.length}, ${wrong.length}`);
  console.log(`killed, served again      ${spread(figures.recovery)}`);
  console.log(`  without broker faults   ${spread(figures.recoveryCalm)}`);
  console.log(`event → result stored     ${spread(figures.eventToResult)}`);
  console.log(`  away from faults        ${spread(figures.eventToResultCalm)}`);
  console.log(`  with ready, settled     ${spread(figures.eventToReady)}`);
  const kB = (count) => (count === undefined ? 'not measured' : `${(count / 1000).toFixed(1)} kB`);
  console.log(`memory of workers a wait  ${kB(figures.memoryPerWait)}, ${figures.openAtMost} open at most`);
  console.log(`state in the bucket       ${kB(figures.storedPerWait)} a wait`);
  console.log(
    `collectors                ${figures.collectors} before the workers ended in order, ${figures.collectorsLeft} after`,
  );
  console.log(`broker parted by          ${figures.partition}`);
  console.log(`sessions left             ${figures.sessionsLeft}, of ${figures.ownersKilled} owners that were killed`);
}
