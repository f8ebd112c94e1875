/** The options of a wait. */
import type { MonitorOptions } from 'vm-customization';
import { dialog, input, onClick, select } from '../ui/dom.js';

/** Asks for the options; `current` says those in force, `apply` begins anew with others. */
export function optionsDialog(current: () => MonitorOptions, apply: (options: MonitorOptions) => void): void {
  const shown = dialog('options-dialog');
  onClick('open-options', () => {
    const { timeoutSeconds = 600, lookbackSeconds = 300, waitForPowerOn = false, attempts = 'follow' } = current();
    input('timeout').value = timeoutSeconds === null ? '' : String(timeoutSeconds);
    input('wait-for-power-on').checked = waitForPowerOn;
    select('attempts').value = attempts;
    const lookback = select('lookback');
    // A link may have another one than those to choose from: the next longer one.
    const longer = [...lookback.options].find(({ value }) => Number(value) >= lookbackSeconds);
    lookback.value = longer?.value ?? '604800';
    shown.returnValue = '';
    shown.showModal();
  });
  shown.addEventListener('close', () => {
    if (shown.returnValue === 'apply') {
      const timeout = input('timeout').value;
      apply({
        timeoutSeconds: timeout === '' ? null : Number(timeout),
        lookbackSeconds: Number(select('lookback').value),
        waitForPowerOn: input('wait-for-power-on').checked,
        attempts: select('attempts').value as NonNullable<MonitorOptions['attempts']>,
      });
    }
  });
}
