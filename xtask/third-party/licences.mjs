/** What of others is used here: which licences are taken, from where it may come. The lists are in policy.json. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import parse from 'spdx-expression-parse';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {object} Policy
 * @property {string[]} shipped licences of what is compiled into what we ship, the one liked best first
 * @property {string[]} tools further ones, of what only builds and tests
 * @property {string[]} sources where crates come from
 * @property {Record<string, string>} banned crates that must not be in what ships, and why
 * @property {string[]} installScripts npm packages that have one; it is never run
 * @property {Record<string, string>} goModules of the Go programs of the tests, and their licences
 */

/** @type {Policy} */
export const POLICY = JSON.parse(readFileSync(new URL('policy.json', import.meta.url), 'utf8'));

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} version
 * @property {string} licence an SPDX expression; empty when there is none
 * @property {string} folder with its files
 * @property {readonly string[]} authors
 */

/** The targets whose crates are looked at: those of other systems need not be on this machine. */
const WASM = 'wasm32-unknown-unknown';

/** @param {...string} args */
function cargo(...args) {
  return execFileSync('cargo', [...args, '--locked', '--offline'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** All crates of the workspace and below it, on this machine and in WebAssembly. @returns {Package[]} */
export function allCrates() {
  const [, host] = /^host: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' })) ?? [];
  const platforms = [WASM, host ?? WASM].flatMap((platform) => ['--filter-platform', platform]);
  const { packages, resolve } = JSON.parse(cargo('metadata', '--format-version', '1', ...platforms));
  const used = new Set(resolve.nodes.map(({ id }) => id));
  return packages
    .filter(({ id }) => used.has(id))
    .map(({ name, version, license, manifest_path, authors }) => ({
      name,
      version,
      // The way in which Cargo had it before SPDX.
      licence: (license ?? '').replaceAll('/', ' OR '),
      folder: dirname(manifest_path),
      authors,
    }));
}

/** The crates of others that are compiled into one of ours for WebAssembly. @param {string} crate @returns {Package[]} */
export function cratesWithin(crate) {
  const lines = cargo(
    'tree',
    ...['--package', crate, '--target', WASM, '--edges', 'normal,no-proc-macro'],
    ...['--prefix', 'none', '--no-dedupe', '--format', '{p}'],
  );
  const within = new Set(lines.trim().split('\n'));
  return allCrates()
    .filter(({ name, version }) => within.has(`${name} v${version}`))
    .sort((left, right) => left.name.localeCompare(right.name, 'en'));
}

/**
 * The licences that a package is used under, of which an expression may leave a choice.
 * @param {string} expression
 * @param {readonly string[]} allowed the one liked best first
 * @returns {string[] | undefined} undefined where it leaves none that is allowed
 */
export function chosenLicences(expression, allowed) {
  /** @param {any} node @returns {string[] | undefined} */
  const choose = (node) => {
    if (node.conjunction === undefined) {
      const id = node.exception === undefined ? node.license : `${node.license} WITH ${node.exception}`;
      return allowed.includes(id) ? [id] : undefined;
    }
    const sides = [choose(node.left), choose(node.right)];
    if (node.conjunction === 'and') return sides.includes(undefined) ? undefined : sides.flat();
    const place = (ids) => Math.max(...ids.map((id) => allowed.indexOf(id)));
    return sides.filter((ids) => ids !== undefined).sort((left, right) => place(left) - place(right))[0];
  };
  try {
    return choose(parse(expression));
  } catch {
    return undefined;
  }
}

/** What is wrong with the licences of packages. @param {readonly Package[]} packages @param {readonly string[]} allowed */
export function licenceProblems(packages, allowed) {
  return packages
    .filter(({ licence }) => chosenLicences(licence, allowed) === undefined)
    .map(
      ({ name, version, licence }) =>
        `${name} ${version} has the licence \`${licence}\`, which policy.json does not allow`,
    );
}

/** What is wrong with crates that ship. @param {readonly Package[]} packages @param {Policy} policy */
export function shippedProblems(packages, { shipped, banned }) {
  const names = packages.map(({ name }) => name);
  return [
    ...licenceProblems(packages, shipped),
    ...names.filter((name) => Object.hasOwn(banned, name)).map((name) => `${name} must not ship: ${banned[name]}`),
    ...names.filter((name, at) => names.indexOf(name) < at).map((name) => `${name} ships in two versions`),
  ];
}

/** What is wrong with where crates come from. @param {string} lock Cargo.lock @param {Policy} policy */
export function crateSourceProblems(lock, { sources }) {
  const [, ...packages] = lock.split('[[package]]\n');
  return packages.flatMap((text) => {
    const value = (/** @type {string} */ key) => new RegExp(`^${key} = "(.*)"$`, 'm').exec(text)?.[1];
    const source = value('source');
    if (source === undefined) return [];
    if (!sources.includes(source)) return [`${value('name')} comes from ${source}, which policy.json does not allow`];
    return value('checksum') === undefined ? [`${value('name')} has no checksum in Cargo.lock`] : [];
  });
}

/**
 * What is wrong with the npm packages of a lock file: each is of the registry that the machine is set up for, as its
 * checksum says, and needs no script of its own.
 * @param {{packages: Record<string, any>}} lock @param {Policy} policy
 */
export function npmProblems({ packages }, policy) {
  const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
  const allowed = [...policy.shipped, ...policy.tools];
  return installed.flatMap(([path, { version, license = '', integrity, resolved, hasInstallScript }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return [
      ...licenceProblems([{ name, version, licence: license, folder: path, authors: [] }], allowed),
      ...(/^sha512-/.test(integrity ?? '') ? [] : [`${name} has no checksum`]),
      ...(resolved === undefined
        ? []
        : [`${name} comes from ${resolved}: run npm with --omit-lockfile-registry-resolved`]),
      ...(hasInstallScript && !policy.installScripts.includes(name) ? [`${name} has an install script`] : []),
    ];
  });
}
