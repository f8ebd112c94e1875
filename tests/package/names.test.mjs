/**
 * Names and versions that people copy: nothing tells them to fetch a name that somebody else may register, and a release
 * has one version wherever it stands.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const isPublished = (contributing) => /^Published: (yes|no)$/m.exec(contributing)[1] === 'yes';

/** What fetches the package, the command or the crate by its name alone. */
const NAME = String.raw`["']?(?:wait-)?vm-customization(?!-\w)`;
const FETCHES = [
  String.raw`\b(?:npx|bunx|pnpx)\s+(?!--no-install\b)(?:-\S+\s+)*${NAME}`,
  String.raw`\bnpx\s.*(?:-p|--package)[ =]${NAME}`,
  String.raw`\b(?:npm|pnpm|yarn|bun)\s+(?:global\s+)?(?:install|i|add|ci|exec|x|create|init|dlx)\s+(?:-\S+\s+)*${NAME}`,
  String.raw`\bcargo\s+(?:add|install|binstall)\s+(?:-\S+\s+)*${NAME}`,
  String.raw`\b(?:npm|jsr):${NAME}`,
  String.raw`\b(?:unpkg\.com|esm\.sh|esm\.run|cdn\.jsdelivr\.net/npm|cdn\.skypack\.dev)/${NAME}`,
].map((pattern) => new RegExp(pattern));

const fetchesOf = (text) => text.split('\n').filter((line) => FETCHES.some((pattern) => pattern.test(line)));

/** What the README has to say while the names are ours, or are not. */
function problemsOf(readme, contributing) {
  const published = isPublished(contributing);
  const installs = /^npm install --global (\S+)$/m.exec(readme)?.[1] ?? '';
  return [
    ...(published || fetchesOf(readme).length === 0 ? [] : ['README fetches a name that is not ours']),
    ...((published ? installs === 'vm-customization' : /^\.\/vm-customization-[\d.]+\.tgz$/.test(installs))
      ? []
      : [`README installs ${installs}`]),
    ...(published && /\.tgz/.test(readme) ? ['README has a tarball still'] : []),
  ];
}

describe('names that are not ours yet', () => {
  test('are fetched by nothing that any text says', () => {
    if (isPublished(read('CONTRIBUTING.md'))) return;
    const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
      .split('\0')
      .filter((file) => /\.(md|html|rs|toml|json|[cm]?[jt]s|sh|go)$|^\.ci\//.test(file))
      .filter((file) => file !== 'tests/package/names.test.mjs' && file !== 'tests/package/readme.test.mjs');
    assert.ok(files.includes('README.md') && files.includes('bindings/README.md'));
    const found = files.flatMap((file) => fetchesOf(read(file)).map((line) => `${file}: ${line.trim()}`));
    assert.deepEqual(found, []);
  });

  test('are known in every form', () => {
    for (const line of [
      'npx wait-vm-customization --help',
      '`npx wait-vm-customization`',
      'npx -y wait-vm-customization web-1',
      'npx -p vm-customization wait-vm-customization web-1',
      'npx --package=vm-customization -- wait-vm-customization',
      'npm install vm-customization',
      'npm i -g vm-customization@latest',
      'npm install --save-dev vm-customization',
      "execSync('npm exec wait-vm-customization')",
      'pnpm add vm-customization',
      'yarn global add vm-customization',
      'bunx wait-vm-customization',
      'cargo add vm-customization',
      'cargo install vm-customization',
      "import 'npm:vm-customization'",
      'https://unpkg.com/vm-customization/dist/browser.js',
      'https://cdn.jsdelivr.net/npm/vm-customization@0.1/dist/browser.js',
    ]) {
      assert.equal(fetchesOf(line).length, 1, line);
    }
    for (const line of [
      'npm install --global ./vm-customization-0.1.0.tgz',
      'npm install ./vm-customization-0.1.0.tgz',
      'npx --no-install wait-vm-customization web-1',
      'npm pack --workspace bindings',
      "import { init } from 'vm-customization';",
      'cargo publish --package vm-customization',
      'cargo test -p vm-customization-tests',
      'npm publish --workspace bindings',
    ]) {
      assert.deepEqual(fetchesOf(line), [], line);
    }
  });

  test('are what the README installs a tarball for, until one line of CONTRIBUTING switches that', () => {
    const readme = read('README.md');
    const contributing = read('CONTRIBUTING.md');
    assert.deepEqual(problemsOf(readme, contributing), []);
    if (isPublished(contributing)) return;
    assert.equal(problemsOf(readme, contributing.replace('Published: no', 'Published: yes')).length, 2);
    const [command] = /^sed -i .*Published: no.*$/m.exec(contributing) ?? [];
    assert.ok(command, 'the line is there');
    const folder = mkdtempSync(join(tmpdir(), 'vm-customization-names-'));
    try {
      for (const file of ['README.md', 'CONTRIBUTING.md']) copyFileSync(join(ROOT, file), join(folder, file));
      execFileSync('bash', ['-c', command], { cwd: folder });
      const [switched, said] = ['README.md', 'CONTRIBUTING.md'].map((file) => readFileSync(join(folder, file), 'utf8'));
      assert.ok(isPublished(said));
      assert.deepEqual(problemsOf(switched, said), []);
      assert.match(switched, /`npm install vm-customization` adds it to a project/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a release', () => {
  test('has one version, wherever it stands', () => {
    const { version } = JSON.parse(read('bindings/package.json'));
    const lock = JSON.parse(read('package-lock.json')).packages;
    const demo = JSON.parse(read('web-demo/package.json'));
    const fleet = JSON.parse(read('bindings/fleet/package.json'));
    const [, workspace] = /^\[workspace\.package\]\nversion = "(.*)"$/m.exec(read('Cargo.toml'));
    const [, dependency] = /^vm-customization = \{ path = "core", version = "(.*)" \}$/m.exec(read('Cargo.toml'));
    const crates = [...read('Cargo.lock').matchAll(/^name = "(vm-customization.*|xtask)"\nversion = "(.*)"$/gm)];
    const tarballs = [...read('README.md').matchAll(/vm-customization-(\d+\.\d+\.\d+\S*)\.tgz/g)];
    const [, plugin] = /-version (\S+) -n/.exec(read('web-demo/plugin/README.md'));
    assert.ok(crates.length >= 4);
    assert.deepEqual(
      {
        'Cargo.toml': [workspace, dependency],
        'Cargo.lock': crates.map(([, , found]) => found),
        'web-demo/package.json': [demo.version, demo.devDependencies['vm-customization']],
        'bindings/fleet/package.json': [fleet.version, fleet.dependencies['vm-customization']],
        'package-lock.json': [lock.bindings.version, lock['bindings/fleet'].version, lock['web-demo'].version],
        'README.md': tarballs.map(([, found]) => found),
        'web-demo/plugin/README.md': [plugin],
      },
      {
        'Cargo.toml': [version, version],
        'Cargo.lock': crates.map(() => version),
        'web-demo/package.json': [version, version],
        'bindings/fleet/package.json': [version, version],
        'package-lock.json': [version, version, version],
        'README.md': tarballs.map(() => version),
        'web-demo/plugin/README.md': [version],
      },
    );
  });

  test('is of a version that the changelog has a section for, or has not yet', () => {
    const { version } = JSON.parse(read('bindings/package.json'));
    const [, first] = /^## (.*)$/m.exec(read('CHANGELOG.md'));
    assert.ok(first === 'Unreleased' || first.startsWith(`${version} `), first);
  });
});
