/** What a server, or something on the way, may do to the connection itself, over real sockets. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { ConnectionError, connectVCenter } from '../../bindings/dist/node.js';
import { makeCertificate } from '../simulators/certificate.mjs';
import { startFakeVCenter } from '../simulators/fake-vcenter/server.mjs';

const MIB = 1024 * 1024;

/** Listens on a free port for as long as `use` takes. */
async function listening(server, use) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const LOGIN = { user: 'administrator@vsphere.local', password: 'VMware1!', insecure: true, environment: {} };
const connect = (host, protocol = 'soap') => connectVCenter({ ...LOGIN, server: `http://${host}/sdk`, protocol });

describe('an answer', { concurrency: true }, () => {
  let server;
  before(async () => {
    server = await startFakeVCenter();
  });
  after(() => server.stop());

  /** Stands in front of the server and changes its answers. */
  const inFrontOf = (change) =>
    http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      request.body = Buffer.concat(chunks).toString();
      const { host: _, connection: __, ...headers } = request.headers;
      const answer = await fetch(new URL(request.url, server.url), {
        method: request.method,
        headers,
        ...(request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
      });
      change(response, answer, Buffer.from(await answer.arrayBuffer()), request);
    });
  const kept = (answer) => {
    const { 'content-length': _, ...headers } = Object.fromEntries(answer.headers);
    return headers;
  };
  const encoded = (encoding, encode) =>
    inFrontOf((response, answer, body) => {
      response.writeHead(answer.status, { ...kept(answer), 'content-encoding': encoding }).end(encode(body));
    });

  for (const protocol of ['soap', 'vi-json']) {
    for (const [encoding, encode] of Object.entries({
      gzip: gzipSync,
      'x-gzip': gzipSync,
      GZip: gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
      identity: (body) => body,
    })) {
      test(`over ${protocol} that something on the way has packed as ${encoding} is unpacked`, () =>
        listening(encoded(encoding, encode), async (host) => {
          const vcenter = await connect(host, protocol);
          assert.equal((await vcenter.findVms(['*'])).vms.length, 4);
          await vcenter.close();
        }));
    }
  }

  const failing = (front, message) =>
    listening(front, (host) =>
      assert.rejects(connect(host), (error) => {
        assert.ok(error instanceof ConnectionError, error);
        assert.equal(error.kind, 'transient');
        assert.match(error.message, message);
        return true;
      }),
    );

  /** Answers the first request that is `method` with something of its own. */
  const oddOnce = (method, odd) => {
    let isDone = false;
    return inFrontOf((response, answer, body, request) => {
      const asked = `${request.headers.soapaction ?? ''} ${request.url} ${request.body}`;
      if (!isDone && asked.includes(method)) {
        isDone = true;
        response.writeHead(odd.status, { 'content-type': odd.type ?? 'text/html' }).end(odd.body);
      } else {
        response.writeHead(answer.status, kept(answer)).end(body);
      }
    });
  };
  const ODD = {
    'a portal': { status: 200, body: '<html><body>please log in</body></html>' },
    'a refusal': { status: 403, body: 'no' },
    'a proxy that wants a log-in': { status: 401, body: '' },
    nothing: { status: 200, type: 'text/xml', body: '' },
  };
  for (const protocol of ['soap', 'vi-json']) {
    for (const method of ['CreateContainerView', 'RetrievePropertiesEx']) {
      for (const [what, odd] of Object.entries(ODD)) {
        test(`over ${protocol} of ${what} to ${method}, once, does not end a look-up after a log-in`, () =>
          listening(oddOnce(method, odd), async (host) => {
            const vcenter = await connect(host, protocol);
            assert.equal((await vcenter.findVms(['*'])).vms.length, 4);
            await vcenter.close();
          }));
      }
    }
  }

  test('to a look-up that goes on for ever, with something new each time, has an end', () => {
    let asked = 0;
    const endless = inFrontOf((response, answer, body, request) => {
      const method = /<(?:\w+:)?((?:Continue)?RetrievePropertiesEx) /.exec(request.body)?.[1];
      if (method === undefined) {
        response.writeHead(answer.status, kept(answer)).end(body);
        return;
      }
      asked += 1;
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(
          `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><${method}Response xmlns="urn:vim25"><returnval>` +
            `<token>t${asked}</token><objects><obj type="VirtualMachine">vm-${asked}</obj></objects>` +
            `</returnval></${method}Response></Body></Envelope>`,
        );
    });
    return listening(endless, async (host) => {
      const vcenter = await connectVCenter({
        ...LOGIN,
        server: `http://${host}/sdk`,
        protocol: 'soap',
        patienceSeconds: 0,
      });
      await assert.rejects(vcenter.findVms(['*']), /RetrievePropertiesEx answers more than 2000 pages/);
      assert.equal(asked, 2000);
      await vcenter.close();
    });
  });

  test('that is packed in an unknown way, or not as it says, says so', async () => {
    await failing(
      encoded('zstd', (body) => body),
      /the answer is compressed as 'zstd', which nobody asked for: does a proxy do that\?/,
    );
    await failing(
      encoded('gzip', (body) => body),
      /RetrieveServiceContent: the answer is compressed, and cannot be unpacked \(Z_DATA_ERROR\)/,
    );
    await failing(
      encoded('gzip', (body) => gzipSync(body).subarray(0, -20)),
      /cannot be unpacked \(Z_BUF_ERROR\)/,
    );
  });

  test('that is too long unpacked is given up, and one that says that it is too long is not even read', async () => {
    await failing(
      encoded('gzip', () => gzipSync(Buffer.alloc(80 * MIB))),
      /RetrieveServiceContent: more than 64 MiB in one answer/,
    );
    let closed;
    const announcing = http.createServer((_, response) => {
      response.writeHead(200, { 'content-length': 64 * MIB + 1 }).write('<');
      closed = once(response, 'close');
    });
    await failing(announcing, /more than 64 MiB in one answer/);
    await closed;
  });

  test('that brings a cookie more each time does not let the requests grow until they are refused', async () => {
    let count = 0;
    let longest = 0;
    const front = inFrontOf((response, answer, body, { headers }) => {
      longest = Math.max(longest, (headers.cookie ?? '').length);
      count += 1;
      const cookies = [...answer.headers.getSetCookie(), `balancer-${count}=${'x'.repeat(1_000)}`];
      response.writeHead(answer.status, { ...kept(answer), 'set-cookie': cookies }).end(body);
    });
    await listening(front, async (host) => {
      const vcenter = await connect(host);
      for (let times = 0; times < 50; times += 1) await vcenter.serverTime();
      await vcenter.close();
    });
    assert.ok(count > 50);
    assert.ok(longest > 3_000 && longest < 5_000, `${longest}`);
  });

  test('that never comes on connections that were used before is asked for a bounded number of times', async () => {
    let requests = 0;
    const front = http.createServer((_, response) => {
      requests += 1;
      if (requests > 3) response.socket.resetAndDestroy();
      else response.end('<html>');
    });
    await listening(front, async (host) => {
      for (let times = 0; times < 3; times += 1) await assert.rejects(connect(host), ConnectionError);
      requests = 3;
      await assert.rejects(connect(host), /the connection was reset/);
      assert.ok(requests <= 3 + 9, `${requests}`);
    });
  });
});

describe('a server that speaks TLS 1.0 only', () => {
  test('is told as that, with options of Node that make it work', async () => {
    const { certificate, key } = makeCertificate();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };
    const server = https.createServer({ cert: certificate, key, ...old }, (_, response) => response.end('<html>'));
    await listening(server, async (host) => {
      const error = await connectVCenter({ ...LOGIN, server: host }).catch((caught) => caught);
      assert.match(
        error.message,
        /RetrieveServiceContent: .*: it speaks only TLS 1\.0 or 1\.1.*: update the server, or set/,
      );
      const [, options] = /NODE_OPTIONS="([^"]+)"/.exec(error.message);
      const script =
        `import { connectVCenter } from ${JSON.stringify(new URL('../../bindings/dist/node.js', import.meta.url).href)};` +
        `connectVCenter(${JSON.stringify({ ...LOGIN, server: host })}).catch(({ message }) => console.log(message));`;
      for (const [given, told] of [
        [options, /the answer to RetrieveServiceContent could not be read/],
        // With the first alone the sentence is the same.
        [options.split(' ')[0], /it speaks only TLS 1\.0/],
      ]) {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          env: { ...process.env, NODE_OPTIONS: given },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += chunk;
        });
        await once(child, 'close');
        assert.match(text, told);
      }
    });
  });
});
