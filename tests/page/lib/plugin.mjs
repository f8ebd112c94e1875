/** The plug-in's back end, as it is run, for tests. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeCertificate } from '../../simulators/certificate.mjs';

const PROGRAM = fileURLToPath(new URL('../../../web-demo/plugin/back-end.mjs', import.meta.url));

/**
 * Starts it, for the vCenter of a stand-in for the Client.
 * @param {object} client what `startClient` answers
 * @param {Record<string, string>} [settings] of the environment
 */
export async function startBackEnd(client, settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vm-customization-plugin-'));
  const { certificate, key } = makeCertificate({ commonName: 'plug-in' });
  const files = { PLUGIN_CERTIFICATE: join(folder, 'certificate.pem'), PLUGIN_KEY: join(folder, 'key.pem') };
  writeFileSync(files.PLUGIN_CERTIFICATE, certificate);
  writeFileSync(files.PLUGIN_KEY, key, { mode: 0o600 });
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      ...process.env,
      VCENTER_URL: client.origin,
      VCENTER_THUMBPRINT: client.thumbprint,
      PLUGIN_PORT: '0',
      NO_PROXY: '127.0.0.1',
      ...files,
      ...settings,
    },
  });
  let output = '';
  let heard = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      heard();
    });
  }
  const ended = new Promise((resolve) => {
    child.once('close', (status) => {
      rmSync(folder, { recursive: true, force: true });
      resolve(status);
    });
  });
  const url = await new Promise((resolve, reject) => {
    heard = () => {
      const match = /is at (https:\S+)plugin\.json/.exec(output);
      if (match) resolve(match[1]);
    };
    ended.then(() => reject(new Error(`the back end has ended: ${output}`)));
  });
  client.plugin = url;
  return {
    url,
    output: () => output,
    /** Ends it as an operator does; answers the exit status. */
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
    /** One request past the browser; of another client with `x-forwarded-for`, as a proxy says it. */
    ask(path, { method = 'POST', headers = {}, body } = {}) {
      return new Promise((resolve, reject) => {
        // Not resolved: what a path means is the server's affair.
        const { pathname } = new URL(url);
        const address = { path: path.startsWith('/') ? path : pathname + path };
        const how = { ...address, method, headers, rejectUnauthorized: false, agent: false };
        const request = https.request(new URL(url), how);
        request.on('response', async (response) => {
          const chunks = [];
          for await (const chunk of response) chunks.push(chunk);
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headers, text });
        });
        request.on('error', reject);
        request.end(body);
      });
    },
  };
}
