// For what the import does alone: the element is registered by it.
import 'vm-customization/element';
import { replay } from 'vm-customization';
import { tell } from './tell.js';

const source = { serverTime: async () => new Date(), readEvents: async () => ({ events: [] }) };

tell(async (recording) => {
  const view = document.createElement('vm-customization-status');
  document.body.append(view);
  // It loads the core, which is the one that the package's entry has.
  const watch = await view.watch(source, [{ vm: 'vm-101' }]);
  watch.cancel();
  await watch.report;
  const text = replay(recording);
  const report = JSON.parse(text);
  view.report = report;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const rows = view.shadowRoot.querySelectorAll('.row:not([hidden])').length;
  if (rows !== report.vms.length) {
    throw new Error(`the element shows ${rows} rows`);
  }
  return text;
});
