/**
 * The package as npm delivers it: packed once, installed from the tarball once, and copied from there into a project of
 * its own for each case, far from the repository's node_modules.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** Where the tools are installed. */
export const TOOLS = fileURLToPath(new URL('../node_modules/', import.meta.url));
const PROJECTS = new URL('../projects/', import.meta.url);
const PACKAGE = fileURLToPath(new URL('../../../../bindings/', import.meta.url));
const RECORDINGS = new URL('../../../conformance/recordings/', import.meta.url);
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const folder = await mkdtemp(join(tmpdir(), 'vm-customization-packaging-'));
after(() => rm(folder, { recursive: true, force: true }));

/** The tarball. */
export const tarball = await pack();
const installed = await install();

/** Where a file of the installed package is. */
export const file = (name) => join(installed, name);

/** The core that each bundle has to hold once. */
export const core = await readFile(file('dist/core.wasm'));

/** A small recording and the report that it has to give. */
const RECORDING = 'D04-any-order-in-a-page';
export const recording = await readFile(new URL(`${RECORDING}.recording.json`, RECORDINGS));
export const report = JSON.parse(await readFile(new URL(`${RECORDING}.report.json`, RECORDINGS), 'utf8'));

/** A new project with the files of `projects/kind` and the package installed. */
export async function project(kind, name = kind) {
  const at = await emptyFolder(name);
  await cp(new URL(`${kind}/`, PROJECTS), at, { recursive: true });
  await cp(installed, join(at, 'node_modules/vm-customization'), { recursive: true });
  await writeFile(join(at, 'package.json'), '{ "private": true, "dependencies": { "vm-customization": "*" } }\n');
  await writeFile(join(at, 'recording.json'), recording);
  return at;
}

/** Makes packages among the tools packages of a project too. */
export async function link(at, ...names) {
  for (const name of names) {
    await mkdir(dirname(join(at, 'node_modules', name)), { recursive: true });
    await symlink(join(TOOLS, name), join(at, 'node_modules', name), 'junction');
  }
}

/** A new folder from which the package cannot be reached. */
export async function emptyFolder(name) {
  const at = join(folder, name);
  await mkdir(at);
  return at;
}

async function pack() {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run(NPM, args, { cwd: PACKAGE });
  // npm 12 answers an object by package name, older ones an array.
  return join(folder, Object.values(JSON.parse(stdout))[0].filename);
}

async function install() {
  const at = await emptyFolder('installed');
  await writeFile(join(at, 'package.json'), '{ "private": true }\n');
  await run(NPM, ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], { cwd: at });
  return join(at, 'node_modules/vm-customization');
}
