/** Lives through many worlds; what is wrong in one is made small and written down. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { init } from '../../bindings/dist/node.js';
import { live } from './scripted-host.mjs';
import { shrink } from './shrink.mjs';
import { worldOf } from './world.mjs';

const FOLDER = fileURLToPath(new URL('../../target/simulation/', import.meta.url));

/**
 * Lives through the worlds of the seeds from `seed` on.
 *
 * @param {object} how
 * @param {number} how.runs
 * @param {number} how.seed
 * @param {(world: object, how?: object) => object} [how.host] who lives through a world: see `live`
 * @param {string} [how.folder] where to write what is wrong
 * @param {(figures: object) => boolean} [how.goesOn] called after each; false ends it
 */
export async function simulate({ runs, seed, host = live, folder = FOLDER, goesOn = () => true }) {
  await init();
  const covered = new Map();
  const cover = (what) => covered.set(what, (covered.get(what) ?? 0) + 1);
  const figures = { runs: 0, inputs: 0, vms: 0, whole: 0, covered, wrong: [] };
  for (let at = 0; at < runs; at += 1) {
    const world = worldOf(seed + at);
    const { complaint, inputs, vms, whole } = await host(world, { cover });
    figures.runs += 1;
    figures.inputs += inputs;
    figures.vms += vms;
    figures.whole += whole;
    if (complaint) figures.wrong.push(await written(world, host, folder));
    // Lets signals through.
    if (at % 50 === 0) await setImmediate();
    if (!goesOn(figures)) break;
  }
  return figures;
}

/** Writes the smallest world that is still told wrongly, as a recording that has it besides. */
async function written(world, host, folder) {
  const fails = async (candidate) => (await host(candidate)).complaint !== undefined;
  const smallest = await shrink(world, fails);
  const { complaint, recording } = await host(smallest);
  const file = path.join(folder, `${world.seed}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...recording, simulation: { complaint, world: smallest } }, null, 1)}\n`);
  return { seed: world.seed, complaint, file, events: smallest.events.length, steps: recording.steps.length };
}
