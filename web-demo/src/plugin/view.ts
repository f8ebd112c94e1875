/** The VMs and how far each has come: the package's own element. */
import { type RunModel, VmCustomizationStatusElement } from 'vm-customization/element';
import { LONGEST_LOOKBACK_SECONDS } from '../sources/source.js';

/**
 * Shows a run.
 * @param lookBack - begins anew, looking back further
 */
export function viewOf(model: RunModel, lookbackSeconds: number, lookBack: (seconds: number) => void): HTMLElement {
  const view = new VmCustomizationStatusElement();
  view.label = 'Customization of the selected VMs';
  view.model = model;
  if (lookbackSeconds < LONGEST_LOOKBACK_SECONDS) {
    view.lookback = LONGEST_LOOKBACK_SECONDS;
    view.addEventListener('lookback', ({ detail }) => lookBack(detail));
  }
  const [entry, ...others] = model.entries;
  if (entry !== undefined && others.length === 0) {
    // The one VM that the view is about.
    view.selected = entry.row.vm;
    view.card = true;
  }
  return view;
}
