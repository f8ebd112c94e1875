/** The VMs and how far each has come. */
import {
  type CustomizationWatch,
  type EventSource,
  type VmRef,
  type WatchOptions,
  watchCustomization,
} from 'vm-customization';

/** Shows a run in a part of the page. */
export function showRun(
  place: HTMLElement,
  source: EventSource,
  vms: readonly VmRef[],
  options: WatchOptions,
): CustomizationWatch {
  const table = document.createElement('table');
  const rows = new Map<string, HTMLTableRowElement>();
  for (const { vm, name } of vms) {
    const row = table.insertRow();
    row.insertCell().textContent = name ?? vm;
    row.insertCell().textContent = 'VmNotStarted';
    row.dataset.status = 'VmNotStarted';
    rows.set(vm, row);
  }
  place.replaceChildren(table);
  return watchCustomization(source, vms, {
    ...options,
    onProgress: (progress) => {
      if (progress.type === 'transition') {
        const row = rows.get(progress.transition.vm);
        if (row?.cells[1] !== undefined) {
          row.dataset.status = progress.transition.to;
          row.cells[1].textContent = progress.transition.to;
        }
      }
      options.onProgress?.(progress);
    },
  });
}
