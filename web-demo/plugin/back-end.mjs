/**
 * The back end of the plug-in. How to register and run it: README.md.
 *
 *   VCENTER_URL=https://vc.example.com VCENTER_THUMBPRINT=… PLUGIN_CERTIFICATE=… PLUGIN_KEY=… node back-end.mjs
 */
import process from 'node:process';
import { configurationOf } from './configuration.mjs';
import { startServer } from './server.mjs';

/** @param {string} message */
const log = (message) => console.log(`${new Date().toISOString()} ${message}`);

try {
  const configuration = configurationOf(process.env);
  const server = await startServer(configuration, log);
  log(`the plug-in for ${configuration.vcenter.host} is at ${server.url}plugin.json`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.stop());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
