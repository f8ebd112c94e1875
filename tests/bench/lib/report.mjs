/** Figures as tables in docs/performance.md, each part between marks of its own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, type } from 'node:os';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url));

const HEAD = `# Performance

Measured by \`cargo xtask bench\`, which writes the tables below. Figures with a vCenter in them are against govmomi's simulator on the
same machine: the network is none, and a real vCenter takes its own time to post an event. They compare ways of waiting, and
are no promise of what a site will see.
`;

/** The value that a share of all is not above. */
export function quantile(values, share) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Milliseconds for people. */
export const ms = (value) =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** Bytes for people. */
export const bytes = (value) =>
  value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : value >= 1e3 ? `${(value / 1e3).toFixed(0)} kB` : `${value} B`;

/** A Markdown table. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** What the figures were taken on, and when. */
export function machine() {
  const [{ model = 'unknown processor' } = {}, ...others] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${others.length + 1} × ${model.trim()}, ${type()} ${release()} ${arch()}, Node ${process.versions.node}, ${date}`;
}

/** Writes one part, and prints it. */
export function write(name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const part = `${begin}\n${text.trim()}\n${end}`;
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD;
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  const after =
    from >= 0 && to > from
      ? before.slice(0, from) + part + before.slice(to + end.length)
      : `${before.trimEnd()}\n\n${part}\n`;
  writeFileSync(FILE, after);
  console.log(`\n${text.trim()}\n`);
}
