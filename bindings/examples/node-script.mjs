/**
 * Waits for VMs of one vCenter, and tells of each step.
 *
 *   VSPHERE_SERVER=vc.example.com VSPHERE_USER=… VSPHERE_PASSWORD=… node node-script.mjs web-1 'db-*'
 */
import process from 'node:process';
import { connectVCenter, watchCustomization } from 'vm-customization';

const { VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD, VC_THUMBPRINT } = process.env;
const vcenter = await connectVCenter({
  server: VSPHERE_SERVER ?? '',
  user: VSPHERE_USER ?? '',
  password: VSPHERE_PASSWORD ?? '',
  thumbprint: VC_THUMBPRINT,
});
try {
  const found = await vcenter.findVms(process.argv.slice(2));
  const watch = watchCustomization(vcenter.events(console.warn), found.vms, { timeoutSeconds: 600 });
  const names = new Map(found.vms.map(({ vm, name }) => [vm, name]));
  for await (const { vm, to } of watch) {
    console.log(`${names.get(vm)}: ${to}`);
  }
  const { vms } = await watch.report;
  console.table(
    vms.map(({ name, customizationStatus, conclusion, hint }) => ({ name, customizationStatus, conclusion, hint })),
  );
  process.exitCode = vms.every((row) => row.customizationStatus === 'CustomizationSucceeded') ? 0 : 1;
} finally {
  await vcenter.close();
}
