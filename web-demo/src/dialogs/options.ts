/** The options of a wait. */
import type { MonitorOptions } from 'vm-customization';
import { LONGEST_LOOKBACK_SECONDS } from '../sources/source.js';
import { dialog, input, select } from '../ui/dom.js';
import { addMarkup } from '../ui/trusted.js';
import markup from './options.html?raw';
import { chooseReady, chosenReady } from './ready.js';
import './dialogs.css';

addMarkup(markup);

/** Asks for the options. @param current - those in force. @param apply - begins anew with others */
export function showOptions(current: MonitorOptions, apply: (options: MonitorOptions) => void): void {
  const shown = dialog('options-dialog');
  const { timeoutSeconds = 600, lookbackSeconds = 300, waitForPowerOn = false, attempts = 'follow' } = current;
  const settle = input('settle');
  input('timeout').value = timeoutSeconds === null ? '' : String(timeoutSeconds);
  input('wait-for-power-on').checked = waitForPowerOn;
  select('attempts').value = attempts;
  chooseLookback(select('lookback'), lookbackSeconds);
  chooseReady(select('ready'), current.ready);
  settle.value = String(current.settleSeconds ?? '');
  shown.returnValue = '';
  shown.showModal();
  shown.addEventListener(
    'close',
    () => {
      if (shown.returnValue === 'apply') {
        const timeout = input('timeout').value;
        apply({
          timeoutSeconds: timeout === '' ? null : Number(timeout),
          lookbackSeconds: Number(select('lookback').value),
          waitForPowerOn: input('wait-for-power-on').checked,
          attempts: select('attempts').value as NonNullable<MonitorOptions['attempts']>,
          ready: chosenReady(select('ready')),
          ...(settle.value === '' ? {} : { settleSeconds: Number(settle.value) }),
        });
      }
    },
    { once: true },
  );
}

/** A link may have another one than those to choose from: the next longer one. */
export function chooseLookback(choice: HTMLSelectElement, seconds: number): void {
  const longer = [...choice.options].find(({ value }) => Number(value) >= seconds);
  choice.value = longer?.value ?? String(LONGEST_LOOKBACK_SECONDS);
}
