/** Reading on where a page is full, against a server of a few lines whose pages can be as small as a test needs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VCenter } from '../dist/node.js';

const NOW = Date.parse('2026-03-01T10:05:00.000Z');
const SINCE = '2026-03-01T10:00:00.000Z';
const TYPES = ['VmStartingEvent'];

const reference = (name, type) => `<${name} type="${type}">${name}</${name}>`;
const CONTENT =
  `<returnval>${reference('rootFolder', 'Folder')}${reference('propertyCollector', 'PropertyCollector')}` +
  `${reference('viewManager', 'ViewManager')}<about><fullName>A server</fullName><apiType>VirtualCenter</apiType>` +
  '<apiVersion>8.0.3.0</apiVersion></about>' +
  `${reference('sessionManager', 'SessionManager')}${reference('eventManager', 'EventManager')}</returnval>`;

/**
 * @param {{at: number, vm: string}[]} events milliseconds after SINCE
 * @param {'newest'|'oldest'} kept which events a full page holds; documented nowhere
 */
function server(events, kept) {
  const queries = [];
  const answers = {
    RetrieveServiceContent: () => CONTENT,
    Login: () => '<returnval><key>key</key></returnval>',
    CurrentTime: () => `<returnval>${new Date(NOW).toISOString()}</returnval>`,
    RetrievePropertiesEx: () => '<returnval></returnval>',
    QueryEvents: (request) => {
      const of = (name) => new RegExp(`<${name}\\b[^>]*>([^<]*)</${name}>`).exec(request)?.[1];
      const begin = Date.parse(of('beginTime'));
      const end = of('endTime') === undefined ? Number.POSITIVE_INFINITY : Date.parse(of('endTime'));
      const [, type, entity] = /<entity type="(\w+)">([^<]*)</.exec(request);
      queries.push({ type, begin, end });
      const matching = events
        .map((event, key) => ({ ...event, key, time: Date.parse(SINCE) + event.at }))
        .filter(({ time, vm }) => time >= begin && time <= end && (type === 'Folder' || vm === entity))
        .sort((left, right) => left.time - right.time);
      const count = Number(of('maxCount'));
      const page = kept === 'newest' ? matching.slice(-count) : matching.slice(0, count);
      return page
        .map(
          ({ key, time, vm }) =>
            `<returnval xsi:type="VmStartingEvent"><key>${key}</key><createdTime>${new Date(time).toISOString()}</createdTime>` +
            `<vm><name>${vm}</name><vm type="VirtualMachine">${vm}</vm></vm></returnval>`,
        )
        .join('');
    },
  };
  const transport = {
    host: 'server',
    close: () => undefined,
    path: '/sdk',
    send: async ({ body }) => {
      const method = /<soapenv:Body><(\w+)/.exec(body)[1];
      const content = answers[method]?.(body) ?? '';
      const text =
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
        `<${method}Response xmlns="urn:vim25">${content}</${method}Response></soapenv:Body></soapenv:Envelope>`;
      return {
        status: 200,
        header: () => undefined,
        cookies: ['vmware_soap_session=key'],
        body: new TextEncoder().encode(text),
      };
    },
  };
  return { transport, queries };
}

async function read(events, { kept = 'newest', maxCount = 10, vms = ['vm-1', 'vm-2'] } = {}) {
  const { transport, queries } = server(events, kept);
  const vcenter = await VCenter.connect(transport, { user: 'u', password: 'p' }, { protocol: 'soap' });
  const source = vcenter.events();
  const query = { vms, since: SINCE, types: TYPES, maxCount, reason: 'start', timeoutMs: null };
  const { events: first, more } = await source.readEvents(query, { signal: new AbortController().signal });
  const text = [first, ...more].map((bytes) => Buffer.from(bytes).toString());
  const keys = text.flatMap((page) => [...page.matchAll(/<key>(\d+)<\/key>/g)].map(([, key]) => Number(key)));
  return { keys: [...new Set(keys)].sort((left, right) => left - right), queries, text };
}

const all = (events) => events.map((_, key) => key);

describe('pages of events', () => {
  test('that are not full are asked for once', async () => {
    const events = Array.from({ length: 9 }, (_, at) => ({ at, vm: 'vm-1' }));
    const { keys, queries } = await read(events);
    assert.deepEqual(keys, all(events));
    assert.equal(queries.length, 1);
    assert.equal(queries[0].end, Number.POSITIVE_INFINITY);
  });

  for (const kept of ['newest', 'oldest']) {
    test(`that are full are read on where the server keeps the ${kept}: nothing is lost, wherever the events lie`, async () => {
      let seed = 42;
      const random = (below) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return seed % below;
      };
      for (let round = 0; round < 25; round += 1) {
        const burst = random(290_000);
        const events = Array.from({ length: random(200) }, (_, index) => ({
          at: index % 2 === 0 ? burst + random(400) : random(300_000),
          vm: `vm-${(index % 2) + 1}`,
        }));
        const { keys } = await read(events, { kept });
        assert.deepEqual(keys, all(events), `round ${round}`);
      }
    });
  }

  test('that come in pieces are handed on oldest first', async () => {
    const events = Array.from({ length: 50 }, (_, index) => ({ at: index * 1000, vm: 'vm-1' }));
    const { text } = await read(events);
    const starts = text.flatMap((page) => /<key>(\d+)<\/key>/.exec(page)?.[1] ?? []).map(Number);
    assert.deepEqual(
      starts,
      starts.toSorted((left, right) => left - right),
    );
  });

  test('that stay full within one millisecond are read VM by VM', async () => {
    const events = Array.from({ length: 14 }, (_, index) => ({ at: 5000, vm: `vm-${(index % 2) + 1}` }));
    const { keys, queries } = await read(events);
    assert.deepEqual(keys, all(events));
    assert.ok(queries.some(({ type }) => type === 'VirtualMachine'));
  });

  test('that stay full even so are an error that says so, and that may pass', async () => {
    const events = Array.from({ length: 30 }, () => ({ at: 5000, vm: 'vm-1' }));
    await assert.rejects(read(events), (error) => {
      assert.equal(error.code, 'tooManyEvents');
      assert.equal(error.kind, 'transient');
      return /more than 10 events within a millisecond of 2026-03-01T10:00:0/.test(error.message);
    });
  });
});
