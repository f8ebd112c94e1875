/** The recipe of the container, carried out without an engine: each stage in a folder that stands for its root. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, 'bindings/package.json'), 'utf8'));

/** Whether a name fits a pattern as an engine reads it: `*`, and `[0-9]` for a digit. */
function fits(name, pattern) {
  const expression = pattern.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${expression}$`).test(name);
}

/** The instructions of the recipe, by stages. */
const stages = [];
for (const line of readFileSync(join(ROOT, 'Containerfile'), 'utf8').split('\n')) {
  const [, instruction, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
  if (instruction === 'FROM') {
    const [image, , name] = rest.split(' ');
    stages.push({ image, name, steps: [] });
  } else if (instruction !== undefined) {
    stages.at(-1).steps.push({ instruction, rest });
  }
}

describe('the recipe of the container', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vm-customization-container-'));
  const context = join(folder, 'context');
  const rootOf = (stage) => join(folder, `stage-${stage}`);
  /** A path of the stage in the folder that stands for its root. */
  const inStage = (stage, text) => text.replaceAll(/(^|[\s"])\/(?=\w)/g, `$1${rootOf(stage)}/`);
  const last = stages.length - 1;
  const only = (instruction) => {
    const found = stages[last].steps.filter((step) => step.instruction === instruction);
    assert.equal(found.length, 1, instruction);
    return found[0].rest;
  };

  before(async () => {
    mkdirSync(context);
    await run('npm', ['pack', '--workspace', 'bindings', '--pack-destination', context], { cwd: ROOT });
    for (const [index, { steps }] of stages.entries()) {
      mkdirSync(rootOf(index));
      for (const { instruction, rest } of steps) {
        if (instruction === 'COPY') {
          const [, from, source, target] = /^(?:--from=(\w+) )?(\S+) (\S+)$/.exec(rest);
          const place = inStage(index, target);
          mkdirSync(dirname(place), { recursive: true });
          if (from === undefined) {
            const [file, ...more] = readdirSync(context).filter((name) => fits(name, source));
            assert.deepEqual([typeof file, more], ['string', []], source);
            cpSync(join(context, file), place);
          } else {
            const stage = stages.findIndex(({ name }) => name === from);
            assert.ok(stage >= 0 && stage < index, from);
            cpSync(inStage(stage, source), place, { recursive: true, verbatimSymlinks: true });
          }
        } else if (instruction === 'RUN') {
          await run('sh', ['-euc', inStage(index, rest)], { cwd: rootOf(index) });
        }
      }
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('gives a command that runs', async () => {
    const [program, ...args] = JSON.parse(inStage(last, only('ENTRYPOINT')));
    const { stdout } = await run(program, [...args, '--version']);
    assert.equal(stdout, `${version}\n`);
    const help = await run(program, [...args, ...JSON.parse(only('CMD'))]);
    assert.match(help.stdout, /^Waits until the guest OS customization/);
  });

  test('leaves nothing of the first stage but the package, and runs as somebody who is not root', () => {
    assert.ok(stages.length > 1);
    assert.equal(stages[last].steps.filter(({ instruction }) => instruction === 'RUN').length, 0);
    assert.ok(!existsSync(join(rootOf(last), 'tmp')));
    assert.equal(only('USER'), 'node');
    assert.equal(only('WORKDIR'), '/home/node');
  });

  test('has one base of a Node that the package takes, and no value of an environment', () => {
    const images = new Set(stages.map(({ image }) => image));
    assert.equal(images.size, 1);
    const [, major] = /^node:(\d+)-alpine$/.exec([...images][0]);
    assert.ok(Number(major) >= 20);
    const known = new Set(['COPY', 'RUN', 'WORKDIR', 'USER', 'ENTRYPOINT', 'CMD']);
    for (const { steps } of stages) for (const { instruction } of steps) assert.ok(known.has(instruction), instruction);
  });

  test('is sent the packed package, and nothing else of the repository', () => {
    const [all, but] = readFileSync(join(ROOT, '.dockerignore'), 'utf8').trim().split('\n');
    assert.equal(all, '*');
    assert.ok(fits(`vm-customization-${version}.tgz`, but.slice(1)));
    assert.ok(!fits(`vm-customization-fleet-${version}.tgz`, but.slice(1)), 'the workers have their own');
  });
});
