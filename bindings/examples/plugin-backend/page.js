import { init, watchCustomization } from 'vm-customization';
import { backEndSource } from './event-source.js';

await init();
const vms = await (await fetch('/vc/vms')).json();
const rows = new Map();
for (const { vm, name } of vms) {
  const row = /** @type {HTMLTableSectionElement} */ (document.getElementById('rows')).insertRow();
  row.insertCell().textContent = name;
  rows.set(vm, row.insertCell());
}
// A status page lasts: it follows VMs that are powered on again, and never times out.
const watch = watchCustomization(backEndSource('/vc'), vms, { attempts: 'reopen', timeoutSeconds: null });
for await (const { vm, to } of watch) rows.get(vm).textContent = to;
const { vms: last } = await watch.report;
const end = /** @type {HTMLElement} */ (document.getElementById('end'));
end.textContent = `The wait is over: ${last.map(({ name, conclusion }) => `${name} ${conclusion}`).join(', ')}`;
