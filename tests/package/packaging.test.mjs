/**
 * The package as npm delivers it: packed, installed from the tarball into a project of its own, and used from there.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGE = join(ROOT, 'bindings');
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** What a user's project gets, and nothing else. */
const MEANT = [
  /^package\.json$/,
  /^README\.md$/,
  /^(LICENSE-(MIT|APACHE)|THIRD-PARTY-NOTICES\.txt)$/,
  /^bin\/wait-vm-customization\.js$/,
  /^dist\/((node|testing)\.cjs|(node|testing|browser|external|element|element-details|cli|cli-\w{8})\.js|core\.wasm|custom-elements\.json)$/,
  /^dist\/((node|testing|browser|external|element|element-react|element-vue)\.d\.ts|(node|testing)\.d\.cts)$/,
  /^dist\/types\/.*\.d\.ts$/,
  /^page\/(index\.html|favicon\.svg|assets\/[\w.-]+\.(js|css|wasm))$/,
  /^dist\/cjs\/(package\.json|.*\.d\.ts)$/,
];
const NEEDED = [
  'package.json',
  'LICENSE-MIT',
  'LICENSE-APACHE',
  'THIRD-PARTY-NOTICES.txt',
  'dist/node.cjs',
  'dist/browser.js',
  'dist/core.wasm',
  'dist/custom-elements.json',
  'page/index.html',
];

let folder;
let packed;
let installed;

const run = promisify(execFile);
const inProject = (program, args) => run(program, args, { cwd: join(folder, 'project') });
const evaluate = async (kind, code) =>
  (await inProject(process.execPath, [`--input-type=${kind}`, '--eval', code])).stdout;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vm-customization-packaging-'));
  const { stdout } = await run(NPM, ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: PACKAGE,
  });
  // npm 12 answers an object by package name, older ones an array.
  packed = Object.values(JSON.parse(stdout))[0];
  await mkdir(join(folder, 'project'));
  await writeFile(join(folder, 'project/package.json'), '{ "private": true }\n');
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await inProject(NPM, [...install, join(folder, packed.filename)]);
  installed = join(folder, 'project/node_modules/vm-customization');
});

after(() => rm(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  it('holds what is meant and nothing else', () => {
    const files = packed.files.map((file) => file.path);
    assert.deepEqual(
      files.filter((file) => !MEANT.some((pattern) => pattern.test(file))),
      [],
    );
    for (const file of NEEDED) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  it('brings no other package along', async () => {
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    assert.equal(manifest.dependencies, undefined);
    assert.equal(manifest.peerDependencies, undefined);
  });

  it('carries the licences of the repository', async () => {
    for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
      assert.equal(await readFile(join(installed, name), 'utf8'), await readFile(join(ROOT, name), 'utf8'));
    }
  });

  it('holds the core once in each bundle that has it, and not at all in the others', async () => {
    const wasm = await readFile(join(installed, 'dist/core.wasm'));
    const cores = async (file) => {
      const text = await readFile(join(installed, 'dist', file), 'utf8');
      return (text.match(/[A-Za-z0-9+/=]{20000,}/g) ?? []).map((packed) =>
        inflateRawSync(Buffer.from(packed, 'base64')),
      );
    };
    assert.deepEqual(await cores('node.cjs'), [wasm]);
    assert.deepEqual(await cores('browser.js'), [wasm]);
    for (const file of ['node.js', 'external.js', 'element.js', 'cli.js', 'testing.cjs']) {
      assert.deepEqual(await cores(file), [], file);
    }
  });
});

describe('in Node', () => {
  it('an ES module starts the core without init', async () => {
    const code = `import { replay } from 'vm-customization'; console.log(JSON.stringify(replay(new Uint8Array())));`;
    assert.equal(await evaluate('module', code), '""\n');
  });

  it('a CommonJS module does too', async () => {
    const code = `const { replay } = require('vm-customization'); console.log(JSON.stringify(replay(new Uint8Array())));`;
    assert.equal(await evaluate('commonjs', code), '""\n');
  });

  it('both get the same classes, and all of them', async () => {
    const code = `
      import * as esm from 'vm-customization';
      import { createRequire } from 'node:module';
      const cjs = createRequire(process.cwd() + '/x.js')('vm-customization');
      const names = Object.keys(cjs).sort();
      console.log(names.length > 3, names.join() === Object.keys(esm).sort().join(), names.every((name) => esm[name] === cjs[name]));`;
    assert.equal(await evaluate('module', code), 'true true true\n');
  });

  it('init is there and has nothing to do', async () => {
    const code = `import { init } from 'vm-customization'; await init(); await init('http://127.0.0.1:1/never-asked'); console.log('ok');`;
    assert.equal(await evaluate('module', code), 'ok\n');
  });

  it('the command shows its help', async () => {
    const { stdout } = await inProject('npx', ['--no-install', 'wait-vm-customization', '--help']);
    assert.match(stdout, /wait-vm-customization/);
    assert.match(stdout, /--timeout/);
  });

  it('core.wasm and package.json can be reached', async () => {
    const code = `const read = require('fs').readFileSync;
      new WebAssembly.Module(read(require.resolve('vm-customization/core.wasm')));
      console.log(require('vm-customization/package.json').name);`;
    assert.equal(await evaluate('commonjs', code), 'vm-customization\n');
  });

  it("the README's test of a user's program passes, as an ES module and as CommonJS", async () => {
    const readme = await readFile(join(installed, 'README.md'), 'utf8');
    const program = /^```js\n(import assert .*?)^```$/ms.exec(readme)[1];
    const required = program.replace(/^import (.*) from ('.*');$/gm, 'const $1 = require($2);');
    await writeFile(join(folder, 'project/user.test.mjs'), program);
    await writeFile(join(folder, 'project/user.test.cjs'), required);
    // Inside another test run it would report to that.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const args = ['--test', '--test-reporter=tap', 'user.test.mjs', 'user.test.cjs'];
    const { stdout } = await run(process.execPath, args, { cwd: join(folder, 'project'), env });
    assert.match(stdout, /^# pass 4$/m);
  });

  it('the types are there for both kinds of module', async () => {
    const source = `import { replay, NotInitializedError } from 'vm-customization';
      const text: string = replay(new Uint8Array());
      new NotInitializedError('x').code satisfies 'notInitialized';
      export { text };\n`;
    await writeFile(join(folder, 'project/esm.mts'), source);
    await writeFile(join(folder, 'project/cjs.cts'), source);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const libraries = 'es2022,dom,dom.iterable,esnext.disposable';
    const args = [tsc, '--noEmit', '--strict', '--module', 'node16', '--target', 'es2022', '--lib', libraries];
    const { stdout } = await inProject(process.execPath, [...args, 'esm.mts', 'cjs.cts']).catch((error) => error);
    assert.equal(stdout, '');
  });
});

// The browser's entries need nothing that Node does not have: what is particular to browsers is tested in browsers.
describe('init of the browser entries', () => {
  let server;
  let origin;

  before(async () => {
    const wasm = await readFile(join(installed, 'dist/core.wasm'));
    server = createServer((request, response) => {
      if (request.url === '/core.wasm') {
        response.end(wasm);
      } else if (request.url === '/missing') {
        response.writeHead(404).end();
      } else {
        response.setHeader('content-type', 'text/html').end('<!doctype html>');
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${server.address().port}`;
  });

  after(() => server.close());

  let copies = 0;
  /** A copy of an entry whose core has not been started yet. */
  const fresh = (name) => import(`${pathToFileURL(join(installed, 'dist', name))}?copy=${copies++}`);

  for (const [name, call] of [
    ['browser.js', 'await init()'],
    ['external.js', 'await init(source)'],
  ]) {
    it(`use before init of ${name} names the call that is missing`, async () => {
      const { replay, NotInitializedError } = await fresh(name);
      assert.throws(
        () => replay(new Uint8Array()),
        (error) =>
          error instanceof NotInitializedError && error.code === 'notInitialized' && error.message.includes(call),
      );
    });
  }

  it('the core inside browser.js is unpacked once, however often init is called', async () => {
    const { init, replay } = await fresh('browser.js');
    await Promise.all([init(), init()]);
    await init();
    assert.equal(replay(new Uint8Array()), '');
  });

  it('external.js takes a URL, text or object, a Response, bytes, a module, and promises of these', async () => {
    const wasm = await readFile(join(installed, 'dist/core.wasm'));
    const sources = [
      () => `${origin}/core.wasm`,
      () => new URL('/core.wasm', origin),
      () => fetch(`${origin}/core.wasm`),
      () => wasm,
      () => wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength),
      () => WebAssembly.compile(wasm),
      () => new WebAssembly.Module(wasm),
    ];
    for (const source of sources) {
      const { init, replay } = await fresh('external.js');
      await init(source());
      assert.equal(replay(new Uint8Array()), '', String(source));
    }
  });

  it('a failed init says what was wrong, and the next one may succeed', async () => {
    const { init, replay, InitError } = await fresh('external.js');
    const fails = async (source, message) => {
      await assert.rejects(init(source), (error) => error instanceof InitError && message.test(error.message));
      assert.throws(() => replay(new Uint8Array()), { code: 'notInitialized' });
    };
    await fails(undefined, /pass init\(\) the URL or the bytes/);
    await fails(42, /pass a URL, a Response, bytes or a WebAssembly\.Module/);
    await fails(`${origin}/missing`, /\/missing answered 404/);
    await fails(`${origin}/page`, /\/page is not WebAssembly/);
    await fails('http://127.0.0.1:1/core.wasm', /127\.0\.0\.1:1\/core\.wasm could not be fetched/);
    await fails(Promise.reject(new Error('no')), /promise given to init\(\) was rejected/);
    await fails(new Uint8Array([0, 0x61, 0x73, 0x6d, 9]), /could not be compiled/);
    await init(`${origin}/core.wasm`);
    assert.equal(replay(new Uint8Array()), '');
  });
});
