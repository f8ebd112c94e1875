// For what the import does alone: the element is registered by it.
import 'vm-customization/element';
import { init, replay } from 'vm-customization';
import { tell } from './tell.js';

tell(async (recording) => {
  await init();
  const text = replay(recording);
  const report = JSON.parse(text);
  const view = document.createElement('vm-customization-status');
  document.body.append(view);
  view.report = report;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const rows = view.shadowRoot.querySelectorAll('.row:not([hidden])').length;
  if (rows !== report.vms.length) {
    throw new Error(`the element shows ${rows} rows`);
  }
  return text;
});
