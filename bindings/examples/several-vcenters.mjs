/**
 * Waits for VMs of several vCenters at once: one wait for each, as events know their VM only by an id that means nothing
 * in another vCenter; and one report, whose rows say which vCenter they are of.
 *
 *   node several-vcenters.mjs vcenters.json
 *
 * where vcenters.json is like
 *
 *   [{ "server": "vc-1.example.com", "user": "…", "passwordFile": "…", "thumbprint": "…", "vms": ["web-*"] },
 *    { "server": "vc-2.example.com", "user": "…", "passwordFile": "…", "thumbprint": "…", "vms": ["db-1"] }]
 */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { CancelledError, connectVCenter, waitForCustomization } from 'vm-customization';

const places = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'));
const controller = new AbortController();
process.once('SIGINT', () => controller.abort(new Error('interrupted')));

/** The rows of one vCenter. One that cannot be reached has a line of its own, and ends no wait for the others. */
async function rowsOf({ server, user, passwordFile, thumbprint, vms }) {
  let vcenter;
  try {
    const password = (await readFile(passwordFile, 'utf8')).split('\n', 1)[0] ?? '';
    const { signal } = controller;
    vcenter = await connectVCenter({ server, user, password, thumbprint, signal });
    const found = await vcenter.findVms(vms, { signal });
    const report = await waitForCustomization(vcenter.events(), found.vms, { timeoutSeconds: 600, signal }).catch(
      (error) => {
        // Every row is there, however the wait has ended.
        if (error instanceof CancelledError) return error.report;
        throw error;
      },
    );
    const { instanceUuid } = vcenter;
    return report.vms.map((row) => ({ server, instanceUuid, ...row }));
  } catch (error) {
    return [{ server, error: error instanceof Error ? error.message : String(error) }];
  } finally {
    await vcenter?.close();
  }
}

const rows = (await Promise.all(places.map(rowsOf))).flat();
console.log(JSON.stringify({ format: 'several-vcenters/1', vms: rows }, null, 2));
process.exitCode = rows.every((row) => row.customizationStatus === 'CustomizationSucceeded') ? 0 : 1;
