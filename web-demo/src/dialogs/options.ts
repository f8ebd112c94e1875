/** The options of a wait. */
import type { MonitorOptions } from 'vm-customization';
import { dialog, input, onClick, select } from '../dom.js';

/** Asks for the options; `current` says those in force, `apply` begins anew with others. */
export function optionsDialog(current: () => MonitorOptions, apply: (options: MonitorOptions) => void): void {
  const shown = dialog('options-dialog');
  onClick('open-options', () => {
    const { timeoutSeconds = 600, waitForPowerOn = false, attempts = 'follow' } = current();
    input('timeout').value = timeoutSeconds === null ? '' : String(timeoutSeconds);
    input('wait-for-power-on').checked = waitForPowerOn;
    select('attempts').value = attempts;
    shown.returnValue = '';
    shown.showModal();
  });
  shown.addEventListener('close', () => {
    if (shown.returnValue === 'apply') {
      const timeout = input('timeout').value;
      apply({
        timeoutSeconds: timeout === '' ? null : Number(timeout),
        waitForPowerOn: input('wait-for-power-on').checked,
        attempts: select('attempts').value as NonNullable<MonitorOptions['attempts']>,
      });
    }
  });
}
