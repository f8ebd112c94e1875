/**
 * What holds for any bytes in the readers that are written in JavaScript. Each property takes them, and throws where it
 * does not hold: the fuzz target and the test that replays its corpus call the same.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { validateHeaderValue } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseXml, XmlError } from '../simulators/fake-vcenter/xml.mjs';
import { client, page } from './modules.mjs';

const SCHEMAS = new URL('../../docs/schemas/', import.meta.url);
const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: true });
for (const name of readdirSync(SCHEMAS)) ajv.addSchema(JSON.parse(readFileSync(new URL(name, SCHEMAS), 'utf8')));
const isReport = ajv.getSchema('report.schema.json');

/** By the name of the folder of its corpus. */
export const PROPERTIES = {
  client_answers: answers,
  client_texts: texts,
  page_files: files,
  page_links: links,
};

const METHODS = ['QueryEvents', 'ReadNextEvents', 'WaitForUpdatesEx', 'RetrievePropertiesEx', 'Login', 'CurrentTime'];
/** What the client asks answers for. */
const NAMES = ['returnval', 'key', 'obj', 'val', 'about', 'version', 'filterSet', 'objectSet', 'changeSet', 'objects'];

/** What a vCenter, or something in its place, answers. */
function answers(bytes) {
  const soap = new client.SoapCodec('/sdk');
  const json = new client.ViJsonCodec('/sdk', '8.0.3.0');
  for (const codec of [soap, json]) {
    for (const method of METHODS) {
      const answer = refusedOr(() => codec.read(method, bytes));
      if (answer) walk(answer);
      const events = refusedOr(() => codec.readEvents(method, bytes));
      assert.ok(events === undefined || events === null || events === bytes);
    }
    const fault = refusedOr(() => codec.fault({ status: 500, body: bytes }));
    assert.ok(fault === undefined || (typeof fault.type === 'string' && typeof fault.text === 'string'));
  }
  // Who says that there are no events at all is not contradicted by the core.
  if (refusedOr(() => json.readEvents('QueryEvents', bytes)) === null && bytes.length > 0) {
    assert.throws(() => client.eventKeys(bytes), client.WireError);
  }
  compareTrees(bytes);
  compareValues(bytes);
}

/** What a reader gives; undefined where it refuses in its own words. */
function refusedOr(read) {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof client.WireError, error);
    assert.match(error.code, /^wire[A-Z]/);
    assert.notEqual(error.message, '');
    return undefined;
  }
}

/** Looks at all that the client may look at. */
function walk(value) {
  const { text, ref, fields } = value;
  assert.ok(text === undefined || typeof text === 'string');
  assert.ok(ref === undefined || (typeof ref.type === 'string' && ref.value !== ''));
  for (const name of [...NAMES, ...Object.keys(fields ?? {})]) {
    for (const inner of value.list(name)) walk(inner);
    value.get(name);
  }
}

/** The tree of an answer beside that of saxes, which is stricter: where it reads a document, both find the same in it. */
function compareTrees(bytes) {
  const text = new TextDecoder().decode(bytes);
  let expected;
  try {
    expected = parseXml(trimmed(text));
  } catch (error) {
    assert.ok(error instanceof XmlError, error);
    return;
  }
  let root;
  try {
    root = client.xmlTree(bytes);
  } catch (error) {
    // It has limits, and takes no version but 1.0.
    assert.ok(error.code === 'wireTooLarge' || /XML declaration|DTD/.test(error.message), error);
    return;
  }
  compareElements(root, expected);
}

const XSI = '{http://www.w3.org/2001/XMLSchema-instance}type';

function compareElements(ours, theirs) {
  assert.equal(ours.name, theirs.name);
  assert.equal(ours.type, theirs.attributes.get(XSI)?.trim().replace(/^.*:/s, ''));
  const text = trimmed(theirs.text);
  assert.equal(ours.text, theirs.children.length === 0 ? text : undefined);
  const type = theirs.attributes.get('type');
  const isPlain = [...theirs.attributes.keys()].every((name) => name === 'type' || !name.endsWith('}type'));
  if (isPlain) assert.deepEqual(ours.ref, type === undefined || text === '' ? undefined : { type, value: text });
  assert.equal(ours.children.length, theirs.children.length);
  for (const [place, child] of ours.children.entries()) compareElements(child, theirs.children[place]);
}

/** Without what Unicode calls white space, as the core trims: JavaScript means other characters by it. */
function trimmed(text) {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');
}

/** The value of an answer beside what it is as plain JSON. */
function compareValues(bytes) {
  let json;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return;
  }
  const value = client.jsonValue(bytes);
  assert.equal(value === null, json === null);
  if (value === null) return;
  const isObject = typeof json === 'object' && !Array.isArray(json);
  const bare = isObject && Object.hasOwn(json, '_value') ? json._value : json;
  const isLeaf = ['string', 'number', 'boolean'].includes(typeof bare);
  assert.equal(value.text, isLeaf ? String(bare) : undefined);
  if (isObject && typeof json._typeName === 'string') assert.equal(value.type, json._typeName);
}

/** An address of a server, or cookies of one, a line each. */
function texts(bytes) {
  const lines = new TextDecoder().decode(bytes).split('\n');
  for (const line of lines.slice(0, 20)) address(line);
  cookies(lines);
}

function address(line) {
  let server;
  try {
    server = client.parseServer(line);
  } catch (error) {
    assert.ok(error instanceof client.OptionsError && error.code === 'invalidServer', error);
    // No word of the line is told but how it begins.
    assert.match(
      error.message,
      /^the server is not an address: give one like vc\.example\.com or [^ ]+\/sdk$|^the server's address begins with [a-z0-9+.-]+:\/\/: give one that begins with https:\/\/$/,
    );
    assert.ok(error.cause === undefined || /^\w+$/.test(error.cause), String(error.cause));
    return;
  }
  const { url } = server;
  assert.match(url.protocol, /^https?:$/);
  assert.deepEqual([url.username, url.password, url.search, url.hash], ['', '', '', '']);
  assert.notEqual(client.hostOf(url), '');
  assert.equal(client.parseServer(url.href).url.href, url.href);
  for (const path of ['//elsewhere.example/sdk', '\\\\elsewhere.example', '/sdk?x=1?y', 'https://elsewhere.example/']) {
    assert.equal(client.addressOf(url, path).host, url.host);
  }
}

function cookies(lines) {
  const codec = new client.SoapCodec('/sdk');
  // Others do not get through the reader of HTTP.
  const given = lines.filter((line) => /^[\t\x20-\x7e\x80-\xff]*$/.test(line));
  const secrets = codec.keep({ header: () => given[0], cookies: given });
  assert.ok(secrets.every((secret) => typeof secret === 'string'));
  const call = { self: { type: 'SessionManager', value: 'SessionManager' }, method: 'Logout', arguments: {} };
  const { cookie } = codec.write(call).headers;
  if (cookie !== undefined) {
    validateHeaderValue('cookie', cookie);
    assert.ok(cookie.length <= 3 * 4096 + 4 * given.length, `${cookie.length}`);
  }
  assert.equal(codec.hasSession, /(^|; )vmware_soap_session=/.test(cookie ?? ''));
  codec.forget();
  assert.equal(codec.write(call).headers.cookie, undefined);
}

/** A link: what is after `#`. */
async function links(bytes) {
  const text = new TextDecoder().decode(bytes);
  const link = page.readLink(`#${text}`);
  const written = page.writeLink(link);
  assert.equal(page.writeLink(page.readLink(written)), written);
  for (const name of ['server', 'user', 'password', 'token'])
    assert.ok(!new URLSearchParams(written.slice(1)).has(name));
  const { options } = link;
  const recording = { format: 'vm-customization-recording/1', startedAt: '2026-03-01T10:00:00Z', vms: [], options };
  const report = JSON.parse(client.replay(JSON.stringify({ ...recording, steps: [] })));
  assert.equal(report.error, undefined, JSON.stringify(options));
  for (const packed of [link.recording, text]) {
    if (packed !== undefined) await unpacked(packed);
  }
}

async function unpacked(packed) {
  try {
    assert.equal(typeof (await page.unpackRecording(packed)), 'string');
  } catch (error) {
    assert.match(error.message, /^the recording in the link cannot be read: .+; ask for the link or the file again$/s);
  }
}

const NAME = 'a file';

/** A file that is dropped on the page. */
async function files(bytes) {
  let offered;
  try {
    offered = await page.readFiles([{ name: NAME, blob: new Blob([bytes]) }], () => undefined);
  } catch (error) {
    assert.ok(error.message.startsWith(NAME) && !/undefined|\[object/.test(error.message), error);
    return;
  }
  assert.ok(offered.length > 0);
  for (const { name, recording } of offered.slice(0, 5)) {
    assert.ok(name.startsWith(NAME));
    let text;
    let playback;
    try {
      text = page.textOf(recording, name);
      playback = new client.Playback(text);
    } catch (error) {
      // The page names the file before what the core says.
      assert.ok(!/undefined|\[object/.test(error.message), error);
      continue;
    }
    playback.seek(Number.POSITIVE_INFINITY);
    const report = playback.report();
    playback.dispose();
    assert.ok(isReport(report), ajv.errorsText(isReport.errors));
    assert.deepEqual(report, JSON.parse(client.replay(text)));
    checkParts(recording);
  }
}

/** What is kept of a recording in place of the whole is of one VM, and a recording. */
function checkParts(recording) {
  const played = (part) => JSON.parse(client.replay(JSON.stringify(part)));
  for (const { vm } of recording.vms.slice(0, 3)) {
    const own = page.ofOneVm(recording, vm);
    const { vms } = played(own);
    assert.ok(
      vms.every((row) => row.vm === vm),
      JSON.stringify(own),
    );
    assert.deepEqual(played(page.withoutSilentReads(own)).vms.length, vms.length);
  }
}
