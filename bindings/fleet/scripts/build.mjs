/** Compiles the package: `src` and the schemas of the repository in, `dist` out. Its dependencies stay what they are. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// What the worker checks its input by: the schemas that callers have, and what these refer to.
const SCHEMAS = ['recording', 'wait-request', 'worker-config', 'fleet-config'];

await rm(join(root, 'dist'), { recursive: true, force: true });
await mkdir(join(root, 'dist/schemas'), { recursive: true });
for (const name of SCHEMAS) {
  const file = `${name}.schema.json`;
  await cp(join(root, '../../docs/schemas', file), join(root, 'dist/schemas', file));
}
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '--noEmit', 'false', '--declaration'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
