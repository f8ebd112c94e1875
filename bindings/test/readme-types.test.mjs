/**
 * The programs of the READMEs compile, strictly, for Node and for a bundler, which takes the types of browsers where an entry is
 * not for Node alone.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const folderOf = (name) => dirname(require.resolve(`${name}/package.json`));
const COMPILER = join(folderOf('typescript'), 'bin/tsc');

/** What a Node program may say of certificates, whatever its compiler takes for the platform. */
const TRUST = `import { type ConnectOptions, connectVCenter } from 'vm-customization';
const options: ConnectOptions = { server: 'vc', user: 'u', password: 'p', ca: '', thumbprint: '', insecure: false };
export const vcenter = await connectVCenter({ ...options, environment: {} });
// @ts-expect-error nobody knows it
export const wrong = connectVCenter({ server: 'vc', user: 'u', password: 'p', thumbprnt: '' });
`;

/** A Node program that calls what a README's program has. */
const forNode = (
  waitForAll,
) => `import { connectVCenter, type NodeVCenter, nodeTransport } from 'vm-customization/node';
import { connectVCenter as connect, VCenter, watchCustomization } from 'vm-customization';
import { waitForAll } from './${waitForAll}.js';
const vcenter = await connectVCenter({ server: 'vc', user: 'u', password: 'p', thumbprint: '' });
export const shared = vcenter.shared();
export const reports = await waitForAll(vcenter, [await vcenter.findVms('web-*')]);
export const other = await waitForAll(await connectVCenter({ server: 'vc', token: '' }), []);
export const transport = nodeTransport(new URL('https://vc/sdk'), { insecure: true });
// One set of types, whichever entry a part of the program imports from.
export const base: VCenter = vcenter;
export const watch = watchCustomization(shared, [{ vm: 'vm-101' }], { signal: undefined, since: undefined, push: undefined });
export const either: VCenter | NodeVCenter = await connect({ server: 'vc', token: '', signal: undefined, clock: undefined });
`;

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vm-customization-readme-types-'));
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(join(ROOT, 'bindings'), join(folder, 'node_modules/vm-customization'), 'junction');
  await symlink(folderOf('@types/node'), join(folder, 'node_modules/@types/node'), 'junction');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'trust.ts'), TRUST);
  for (const [index, program] of (await programs()).entries()) {
    await writeFile(join(folder, `program-${index}.ts`), program);
    if (/^export function waitForAll/m.test(program)) {
      await writeFile(join(folder, 'for-node.ts'), forNode(`program-${index}`));
    }
  }
});
after(() => rm(folder, { recursive: true }));

async function programs() {
  const texts = await Promise.all(
    ['README.md', 'bindings/README.md'].map((name) => readFile(join(ROOT, name), 'utf8')),
  );
  return texts.flatMap((text) => [...text.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, program]) => program));
}

async function compile(...how) {
  const args = [COMPILER, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipDefaultLibCheck'];
  args.push('--target', 'es2022', '--lib', 'es2022,dom', '--types', 'node', ...how, 'trust.ts', 'for-node.ts');
  args.push(...(await programs()).map((_, index) => `program-${index}.ts`));
  const { stdout } = await promisify(execFile)(execPath, args, { cwd: folder }).catch((error) => error);
  assert.equal(stdout, '');
}

describe('the programs of the READMEs', () => {
  test('are four at least', async () => assert.ok((await programs()).length >= 4));
  test('compile for Node', () => compile('--module', 'nodenext'));
  test('compile for a bundler', () => compile('--module', 'esnext', '--moduleResolution', 'bundler'));
});

test('the entry for Node is what Node takes for the package', async () => {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'bindings/package.json'), 'utf8'));
  assert.deepEqual(exports['./node'], exports['.'].node);
  assert.equal(await import('vm-customization/node'), await import('vm-customization'));
});

test("the pages of the element's chapter are the examples, which the packaging tests open", async () => {
  const readme = await readFile(join(ROOT, 'bindings/README.md'), 'utf8');
  const pages = [...readme.matchAll(/^```(html|tsx|vue)\n(.*?)^```$/gms)].map(([, language, page]) => [language, page]);
  const example = (name) => readFile(join(ROOT, 'bindings/examples/element', name), 'utf8');
  assert.deepEqual(pages, [
    ['html', await example('page.html')],
    ['tsx', await example('react.tsx')],
    ['vue', await example('Vms.vue')],
  ]);
});

test("the fields that unpkg and jsDelivr read name the browser's build, which is there", async () => {
  const manifest = JSON.parse(await readFile(join(ROOT, 'bindings/package.json'), 'utf8'));
  const browser = manifest.exports['.'].default;
  assert.deepEqual([manifest.unpkg, manifest.jsdelivr], [browser, browser]);
  assert.ok(existsSync(join(ROOT, 'bindings', browser)));
});
