/** The VMs and how far each has come: the package's own element. */
import type { CustomizationWatch, EventSource, VmRef, WatchOptions } from 'vm-customization';
import { VmCustomizationStatusElement } from 'vm-customization/element';

const WIDE_PX = 1_000;

/** Shows a run in a part of the page. */
export async function showRun(
  place: HTMLElement,
  source: EventSource,
  vms: readonly VmRef[],
  options: WatchOptions,
): Promise<CustomizationWatch> {
  const view = new VmCustomizationStatusElement();
  view.label = 'Customization of the selected VMs';
  place.replaceChildren(view);
  const watching = view.watch(source, vms, options);
  const [vm, ...others] = vms;
  if (vm !== undefined && others.length === 0) {
    // The one VM that the view is about: all that is known of it, where there is room beside the table.
    view.selected = vm.vm;
    view.details = place.clientWidth >= WIDE_PX;
  }
  return watching;
}
