/** The programs in Go that tests start: built once, and again when a source is newer. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const builds = new Map();

/**
 * The path of the program, built when it is missing or older than the sources beside it.
 *
 * @param {string} folder of the sources; the program goes into its folder `bin`
 * @param {string} name
 * @param {{from?: string, variable: string}} of the package to build (default: that of the folder), and the variable of the
 *   environment that names a program that is built already
 * @returns {Promise<string>}
 */
export function goProgram(folder, name, { from = '.', variable }) {
  const given = process.env[variable];
  if (given) return Promise.resolve(given);
  if (!builds.has(name)) builds.set(name, build(folder, name, { from, variable }));
  return builds.get(name);
}

async function build(folder, name, { from, variable }) {
  const program = join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const sources = readdirSync(folder).filter((file) => /\.go$|^go\.(mod|sum)$/.test(file));
  const newest = Math.max(...sources.map((file) => statSync(join(folder, file)).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs >= newest) return program;

  // Test files run side by side: each builds under a name of its own, and the rename makes the finished program appear at
  // once.
  const own = `${program}.${process.pid}`;
  try {
    await promisify(execFile)('go', ['build', '-buildvcs=false', '-o', own, from], {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0' },
    });
    renameSync(own, program);
  } catch (error) {
    rmSync(own, { force: true });
    const why = error.code === 'ENOENT' ? 'go is not installed' : error.stderr || error.message;
    throw new Error(`cannot build ${name}: ${why}; set ${variable} to a built one`);
  }
  return program;
}
