/**
 * The notices of others that come with what we ship: `cargo xtask notices` writes them. For the npm package, of the crates
 * in the core, of the standard library they are compiled with, and of the npm packages that are bundled; for the crate,
 * of those it is compiled with.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { chosenLicences, cratesWithin, POLICY, ROOT } from './licences.mjs';

/** What the text of a licence has in it, whatever its file is called. */
const MARKS = /** @type {Record<string, RegExp>} */ ({
  MIT: /Permission is hereby granted, free of charge, to any\s+person obtaining a copy/,
  'BSD-3-Clause': /Neither the name of/,
  ISC: /Permission to use, copy, modify, and\/or distribute this software for any\s+purpose with or without fee/,
  'Unicode-3.0': /UNICODE LICENSE V3/,
  'Apache-2.0': /Apache License\s+Version 2\.0/,
});
const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/** Of files that are written, in the order in which they are looked at. */
export const NOTICES = /** @type {Record<string, () => string>} */ ({
  'bindings/THIRD-PARTY-NOTICES.txt': () =>
    noticesOf('This package contains works of others, under the licences below.', [
      ...cratesWithin('vm-customization-wasm').map(noticeOf),
      readFileSync(new URL('rust-standard-library.txt', import.meta.url), 'utf8'),
      ...bundledPackages(join(ROOT, 'bindings/dist'), join(ROOT, 'node_modules')).map(noticeOf),
    ]),
  'core/THIRD-PARTY-NOTICES.txt': () =>
    noticesOf(
      'This crate is compiled with works of others, under the licences below.',
      cratesWithin('vm-customization').map(noticeOf),
    ),
});

/** @param {string} head @param {readonly string[]} notices */
function noticesOf(head, notices) {
  return `${[`${head}\nMade by \`cargo xtask notices\`.`, ...notices.map((notice) => notice.trimEnd())].join(RULE)}\n`;
}

/**
 * @param {import('./licences.mjs').Package} found
 * @returns {string}
 */
export function noticeOf({ name, version, licence, folder, authors }) {
  const chosen = chosenLicences(licence, POLICY.shipped);
  if (chosen === undefined)
    throw new Error(`${name} ${version}: the licence \`${licence}\` is not allowed in what ships`);
  const files = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|unlicense)/i.test(file))
    .sort()
    .map((file) => join(folder, file));
  // Of those that have theirs in the repository alone.
  const kept = fileURLToPath(new URL(`${name}.txt`, import.meta.url));
  if (existsSync(kept)) files.push(kept);
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const parts = chosen.map((id) => {
    const text = texts.find((text) => MARKS[id]?.test(text));
    if (text !== undefined) return text.replaceAll('\r\n', '\n').trim();
    // Some packages name it and do not have it with them.
    if (id !== 'MIT') throw new Error(`${name} ${version} has no file with the text of ${id}`);
    return `Copyright (c) ${authors.map((author) => author.replace(/\s*<.*>/, '')).join(', ')}\n\n${mitText()}`;
  });
  return [`${name} ${version}`, `Licence: ${chosen.join(' and ')}`, '', parts.join('\n\n')].join('\n');
}

/** What every copy of it says below the names. */
function mitText() {
  const ours = readFileSync(join(ROOT, 'LICENSE-MIT'), 'utf8');
  return ours.slice(ours.indexOf('Permission is hereby granted')).trim();
}

/**
 * The npm packages that are in bundles: esbuild names the file of each part in a comment; of what Vite makes, which is
 * minified, its own list is there.
 * @param {string} dist @param {string} modules
 * @returns {import('./licences.mjs').Package[]}
 */
export function bundledPackages(dist, modules) {
  const names = new Set();
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /\.(c?js|json)$/.test(name))) {
    const text = readFileSync(join(dist, file), 'utf8');
    if (/third-party\.json$/.test(file)) for (const { name } of JSON.parse(text)) names.add(name);
    for (const [, name] of text.matchAll(/^\s*\/\/ \S*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm)) names.add(name);
  }
  return [...names].sort().map((name) => {
    const folder = join(modules, name);
    const { version, license = '', author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name, version, licence: license, folder, authors: [author?.name ?? author ?? `the authors of ${name}`] };
  });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (!existsSync(join(ROOT, 'bindings/dist')))
    throw new Error('bindings/dist is not there: run `cargo xtask notices`');
  for (const [path, text] of Object.entries(NOTICES)) writeFileSync(join(ROOT, path), text());
}
