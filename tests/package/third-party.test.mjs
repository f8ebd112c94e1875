/** What of others is used: its licences, where it comes from, and the notices of it in what ships. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import {
  allCrates,
  chosenLicences,
  crateSourceProblems,
  cratesWithin,
  licenceProblems,
  npmProblems,
  POLICY,
  ROOT,
  shippedProblems,
} from '../../xtask/third-party/licences.mjs';
import { bundledPackages, NOTICES, noticeOf } from '../../xtask/third-party/notices.mjs';

const read = (path) => readFileSync(join(ROOT, path), 'utf8');

describe('what ships', () => {
  for (const [path, text] of Object.entries(NOTICES)) {
    test(`has the notices of others with it: ${path}`, () => {
      assert.equal(read(path), text(), '`cargo xtask notices` writes it anew; look at what has changed');
    });
  }

  test('has them in the package and in the crate', () => {
    assert.ok(JSON.parse(read('bindings/package.json')).files.includes('THIRD-PARTY-NOTICES.txt'));
    const list = ['package', '--package', 'vm-customization', '--list', '--allow-dirty', '--offline'];
    const files = execFileSync('cargo', list, { cwd: ROOT, encoding: 'utf8' });
    assert.match(files, /^THIRD-PARTY-NOTICES\.txt$/m);
  });

  test('has crates of allowed licences in it, none of them banned or twice', () => {
    const crates = cratesWithin('vm-customization-wasm');
    assert.ok(crates.some(({ name }) => name === 'chrono') && crates.some(({ name }) => name === 'wasm-bindgen'));
    assert.deepEqual(shippedProblems(crates, POLICY), []);
  });

  test('needs nothing else of npm', () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(read('bindings/package.json'));
    assert.deepEqual([dependencies, peerDependencies, optionalDependencies], [undefined, undefined, undefined]);
  });
});

describe('what builds and tests', () => {
  test('has crates of allowed licences, from crates.io, with checksums', () => {
    const crates = allCrates();
    assert.ok(crates.length > 50);
    assert.deepEqual(licenceProblems(crates, [...POLICY.shipped, ...POLICY.tools]), []);
    for (const path of ['Cargo.lock', 'fuzz/Cargo.lock']) {
      assert.deepEqual(crateSourceProblems(read(path), POLICY), [], path);
    }
  });

  for (const path of [
    'package-lock.json',
    'tests/mutants/package-lock.json',
    'tests/package/matrix/package-lock.json',
  ]) {
    test(`has npm packages of allowed licences, with checksums and without scripts: ${path}`, () => {
      const lock = JSON.parse(read(path));
      assert.ok(Object.keys(lock.packages).length > 50);
      assert.deepEqual(npmProblems(lock, POLICY), []);
    });
  }

  test('has the Go modules that were looked at', () => {
    const modules = ['simulators/vcsim', 'fleet/nats-server', 'fleet/manifests'].flatMap((folder) =>
      [...read(`tests/${folder}/go.mod`).matchAll(/^(?:require )?\s*(\S+\.\S+\/\S+) v\S+/gm)].map(([, name]) => name),
    );
    assert.deepEqual([...new Set(modules)].sort(), Object.keys(POLICY.goModules).sort());
  });
});

describe('the checks', () => {
  const crate = (changes) => ({ name: 'one', version: '1.0.0', licence: 'MIT', folder: '', authors: [], ...changes });

  test('take of an expression the licence that is liked best, and nothing where none is allowed', () => {
    const allowed = ['MIT', 'Apache-2.0', 'Unicode-3.0'];
    for (const [expression, chosen] of [
      ['MIT', ['MIT']],
      ['Apache-2.0 OR MIT', ['MIT']],
      ['Unlicense OR MIT', ['MIT']],
      ['(MIT OR Apache-2.0) AND Unicode-3.0', ['MIT', 'Unicode-3.0']],
      ['Apache-2.0 OR GPL-3.0-only', ['Apache-2.0']],
      ['MIT AND GPL-3.0-only', undefined],
      ['GPL-3.0-only', undefined],
      ['Apache-2.0 WITH LLVM-exception', undefined],
      ['', undefined],
      ['see the file', undefined],
    ]) {
      assert.deepEqual(chosenLicences(expression, allowed), chosen, expression);
    }
  });

  test('find a crate that must not ship, by licence, by name and by version', () => {
    const crates = [crate({ licence: 'GPL-3.0-only' }), crate({ version: '2.0.0' }), crate({ name: 'getrandom' })];
    assert.deepEqual(
      shippedProblems(crates, POLICY).map((problem) => problem.slice(0, 'getrandom must not ship'.length)),
      ['one 1.0.0 has the licenc', 'getrandom must not ship', 'one ships in two version'].map((text) =>
        text.slice(0, 23),
      ),
    );
  });

  test('find a crate of another source, or without a checksum', () => {
    const [source] = POLICY.sources;
    const lock = [
      'version = 4\n\n',
      `[[package]]\nname = "fine"\nsource = "${source}"\nchecksum = "00"\n\n`,
      '[[package]]\nname = "ours"\nversion = "0.1.0"\n\n',
      '[[package]]\nname = "git"\nsource = "git+https://example.com/x"\n\n',
      `[[package]]\nname = "bare"\nsource = "${source}"\n`,
    ].join('');
    assert.deepEqual(crateSourceProblems(lock, POLICY), [
      'git comes from git+https://example.com/x, which policy.json does not allow',
      'bare has no checksum in Cargo.lock',
    ]);
  });

  test('find an npm package of another licence or source, without a checksum, or with a script', () => {
    const right = { version: '1.0.0', license: 'MIT', integrity: 'sha512-00' };
    const lock = {
      packages: {
        '': { name: 'root' },
        bindings: { name: 'vm-customization', version: '0.1.0' },
        'node_modules/vm-customization': { resolved: 'bindings', link: true },
        'node_modules/fine': right,
        'node_modules/esbuild': { ...right, hasInstallScript: true },
        'node_modules/a': { ...right, license: 'GPL-3.0-only' },
        'node_modules/b': { ...right, license: undefined },
        'node_modules/@c/c': { ...right, integrity: undefined, resolved: 'git+ssh://git@example.com/c.git' },
        'node_modules/fine/node_modules/d': { ...right, hasInstallScript: true },
      },
    };
    assert.deepEqual(
      npmProblems(lock, POLICY).map((problem) => problem.split(' ').slice(0, 4).join(' ')),
      [
        'a 1.0.0 has the',
        'b 1.0.0 has the',
        '@c/c has no checksum',
        '@c/c comes from git+ssh://git@example.com/c.git:',
        'd has an install',
      ],
    );
  });
});

describe('a notice', () => {
  function folderWith(context, files) {
    const folder = mkdtempSync(join(tmpdir(), 'vm-customization-notices-'));
    context.after(() => rmSync(folder, { recursive: true }));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  }
  const MIT =
    'Copyright (c) 2020 A\r\n\r\nPermission is hereby granted, free of charge, to any\r\nperson obtaining a copy';

  test('has the text of the chosen licence, whatever its file is called', (context) => {
    const folder = folderWith(context, { COPYING: MIT, 'LICENSE-APACHE': 'Apache License', 'readme.md': 'x' });
    const found = { name: 'one', version: '1.0.0', licence: 'Apache-2.0 OR MIT', folder, authors: [] };
    assert.equal(
      noticeOf(found),
      'one 1.0.0\nLicence: MIT\n\nCopyright (c) 2020 A\n\nPermission is hereby granted, free of charge, to any\nperson obtaining a copy',
    );
    assert.throws(
      () => noticeOf({ ...found, licence: 'Unicode-3.0' }),
      /one 1\.0\.0 has no file with the text of Unicode-3\.0/,
    );
    assert.throws(() => noticeOf({ ...found, licence: 'GPL-3.0-only' }), /not allowed/);
  });

  test('of a package without a file has its authors and the licence’s own text', (context) => {
    const folder = folderWith(context, {});
    const notice = noticeOf({
      name: 'one',
      version: '1.0.0',
      licence: 'MIT',
      folder,
      authors: ['A B <a@example.com>', 'C'],
    });
    assert.match(
      notice,
      /^one 1\.0\.0\nLicence: MIT\n\nCopyright \(c\) A B, C\n\nPermission is hereby granted.*SOFTWARE\.$/s,
    );
  });

  test('is there for each npm package in a bundle, of esbuild or of Vite', (context) => {
    const manifest = (name) => JSON.stringify({ name, version: '1.0.0', license: 'MIT' });
    const folder = folderWith(context, {
      'dist/cli.js':
        '// ../node_modules/hono/dist/hono.js\nvar x;\n// ../node_modules/@hono/node-server/dist/index.mjs\n// src/cli.ts',
      'dist/node.cjs':
        "const y = '// node_modules/no/index.js';\n  // ../node_modules/inner/node_modules/nested/index.js\n",
      'dist/page/.vite/production.third-party.json': JSON.stringify([{ name: 'prom-client', version: '1.0.0' }]),
      ...Object.fromEntries(
        ['hono', '@hono/node-server', 'nested', 'prom-client'].map((name) => [
          `modules/${name}/package.json`,
          manifest(name),
        ]),
      ),
    });
    const found = bundledPackages(join(folder, 'dist'), join(folder, 'modules'));
    assert.deepEqual(
      found.map(({ name }) => name),
      ['@hono/node-server', 'hono', 'nested', 'prom-client'],
    );
  });
});
