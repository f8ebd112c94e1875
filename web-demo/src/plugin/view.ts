/** The VMs and how far each has come: the package's own element. */
import type { CustomizationWatch, EventSource, VmRef, WatchOptions } from 'vm-customization';
import { VmCustomizationStatusElement } from 'vm-customization/element';

/** As far back as anything is offered. */
const LONGEST_LOOKBACK_SECONDS = 7 * 86_400;

/**
 * Shows a run in a part of the page.
 * @param lookBack - begins anew, looking back further
 */
export async function showRun(
  place: HTMLElement,
  source: EventSource,
  vms: readonly VmRef[],
  options: WatchOptions,
  lookBack: (seconds: number) => void,
): Promise<CustomizationWatch> {
  const view = new VmCustomizationStatusElement();
  view.label = 'Customization of the selected VMs';
  if ((options.lookbackSeconds ?? 0) < LONGEST_LOOKBACK_SECONDS) {
    view.lookback = LONGEST_LOOKBACK_SECONDS;
    view.addEventListener('lookback', ({ detail }) => lookBack(detail));
  }
  place.replaceChildren(view);
  const watching = view.watch(source, vms, options);
  const [vm, ...others] = vms;
  if (vm !== undefined && others.length === 0) {
    // The one VM that the view is about.
    view.selected = vm.vm;
    view.card = true;
  }
  return watching;
}
