/** The mutants that no test notices, and why: `survivors.md`, a row each. */
import { readFileSync } from 'node:fs';

const LIST = new URL('survivors.md', import.meta.url);

/** Its rows: the file of a mutant, what is done to it, and why no test can notice. */
export function survivors(text = readFileSync(LIST, 'utf8')) {
  return [...text.matchAll(/^\| `(.+?): (.+)` \| (.*) \|$/gm)].map(([, file, mutation, why]) => ({
    file,
    mutation: mutation.replaceAll('\\|', '|'),
    why,
  }));
}

/** A text of code as a row of the list has it: on one line, not too long, and without the quotes of the list itself. */
const short = (text) => oneLine(text).replace(/^(.{80}).+$/, '$1…');
const oneLine = (text) => text.replace(/\s+/g, ' ').replaceAll('`', "'").trim();

/** What is done to a source in TypeScript: what stands where, the line where it stands more than once, and what takes its place. */
export function mutationOf(source, original, replacement, line) {
  const place = source.split(original).length > 2 ? `, in ${short(line)}` : '';
  return `${short(original)} → ${short(replacement)}${place}`;
}

/** A mutant as the list has it: the line and the column are left out, since each change of the file moves them. */
export const named = ({ file, mutation }) => `${file}: ${mutation}`;

/**
 * Survivors that the list does not have, and what it has that a test notices. Two of a function may read alike: one that is
 * noticed and survives is a survivor.
 */
export function contradictions(known, judged) {
  const listed = new Set(known.map(named));
  const surviving = new Set(judged.filter(({ survives }) => survives).map(named));
  const noticed = judged.filter((mutant) => listed.has(named(mutant)) && !surviving.has(named(mutant)));
  return [
    ...[...surviving]
      .filter((name) => !listed.has(name))
      .map((name) => `no test notices, and no row explains: ${name}`),
    ...new Set(noticed.map((mutant) => `a test notices: ${named(mutant)}`)),
  ];
}

/** What of a row is no more in the source that it names, `sourceOf` the file; undefined where all is there. */
export function missing({ file, mutation }, sourceOf) {
  const source = sourceOf(file);
  if (source === undefined) return file;
  if (!file.endsWith('.rs')) {
    const [original, rest] = mutation.split(' → ');
    const code = oneLine(source);
    const parts = [original, ...(rest.match(/(?<=, in ).+$/) ?? [])].map((part) => part.replace(/…$/, ''));
    return parts.find((part) => !code.includes(part));
  }
  // As cargo-mutants says it: the function is named last, or is itself what is replaced.
  const name = / in (\S+)$/.exec(mutation)?.[1] ?? /^replace (.+?)(?: -> .+)? with /.exec(mutation)?.[1];
  const fn = `fn ${name?.split('::').at(-1)}`;
  if (!new RegExp(`\\b${fn}\\b`).test(source)) return fn;
  const token = / in \S+$/.test(mutation) ? /^replace (\S+) with/.exec(mutation)?.[1] : undefined;
  return token !== undefined && !source.includes(token) ? token : undefined;
}
