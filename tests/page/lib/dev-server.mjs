/** The status page by Vite's dev server, which hands its requests on to a simulated vCenter. */
import { createServer } from 'vite';
import { startSimulator } from '../../simulators/simulator.mjs';
import { ROOT } from './status-page.mjs';

/**
 * @param {number} vms of the simulator, with which it begins
 * @returns {Promise<{simulator: import('../../simulators/simulator.mjs').Simulator, url: string, stop: () => Promise<void>}>}
 */
export async function serveOnSimulator(vms) {
  const simulator = await startSimulator({ args: ['-vms', String(vms)] });
  process.env.VCENTER_URL = new URL(simulator.url).origin;
  process.env.VCENTER_CA_FILE = simulator.certificate;
  const server = await createServer({
    root: ROOT,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0, hmr: false },
  });
  await server.listen();
  return {
    simulator,
    url: `http://127.0.0.1:${server.httpServer.address().port}/`,
    async stop() {
      await server.close();
      await simulator.stop();
    },
  };
}
