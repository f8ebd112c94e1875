/** The way of a new user, `docs/first-wait.md`: its commands, as they stand there, from the packed package on. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environment } from '../command/command.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

test('the commands of the first wait lead there', async (context) => {
  const server = await startSimulator({ kind: 'fake' });
  context.after(() => server.stop());
  for (const name of ['web-1', 'web-2']) {
    await server.do({ do: 'clone', template: server.vms[0].name, name, customize: true, powerOn: true });
  }
  const folder = await mkdtemp(join(tmpdir(), 'vm-customization-first-wait-'));
  context.after(() => rm(folder, { recursive: true }));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: join(ROOT, 'bindings') });

  const text = await readFile(join(ROOT, 'docs/first-wait.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) =>
    block
      .replace('vc.example.com', new URL(server.url).host)
      .replace('administrator@vsphere.local', server.user)
      .replace(/(?<=THUMBPRINT=)[\dA-F:]+/, server.thumbprint),
  );
  // Each block says how it ended, when, and goes on.
  const ends = blocks.map((block, index) => `${block}echo "== block ${index + 1} ended with $? at $(date +%s.%N)"\n`);
  const begin = Date.now() / 1000;
  const { stdout, stderr } = await run('sh', ['-c', ends.join('')], {
    cwd: folder,
    env: environment({
      env: {
        npm_config_prefix: join(folder, 'global'),
        npm_config_offline: 'true',
        npm_config_audit: 'false',
        PATH: [join(folder, 'global/bin'), process.env.PATH].join(delimiter),
        VSPHERE_PASSWORD: server.password,
      },
    }),
  });
  const ended = [...stdout.matchAll(/^== block (\d) ended with (\d+) at ([\d.]+)$/gm)];
  assert.deepEqual(
    ended.map(([, block, status]) => `${block}: ${status}`),
    // The certificate is not trusted before its thumbprint is given.
    ['1: 0', '2: 0', '3: 4', '4: 0', '5: 0'],
    stderr,
  );
  assert.match(stderr, /the certificate of \S+ is not trusted: .* thumbprint is /);
  assert.ok(stderr.includes(server.thumbprint));
  assert.match(stdout, /^web-2 +CustomizationSucceeded/m);
  for (const [index, [, block, , at]] of ended.entries()) {
    context.diagnostic(`block ${block}: ${(Number(at) - Number(ended[index - 1]?.[3] ?? begin)).toFixed(1)} s`);
  }
});
