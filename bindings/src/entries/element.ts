/** The custom element `<vm-customization-status>`, registered on import. */
import { VmCustomizationStatusElement } from '../element/element.js';

const NAME = 'vm-customization-status';

// There is no registry in Node. Two copies of the package in one page must not fail: the first one stands.
if (globalThis.customElements !== undefined && customElements.get(NAME) === undefined) {
  customElements.define(NAME, VmCustomizationStatusElement);
}

export type { StatusEventMap, StatusProperties } from '../element/element.js';
export { followWatch, type WatchFollower } from '../element/follow-watch.js';
export { type Mark, type MarkKind, shownMarks, TIMELINE_EVENT_TYPES } from '../element/marks.js';
export { eventsOf, type ModelEntry, type ReadMark, RunModel, RunModelChange } from '../element/model.js';
export { type Judged, NEEDS, type Need, needOf } from '../element/needs.js';
export { SORT_KEYS, type Sorting, type SortKey, type StatusFilter } from '../element/row-order.js';
export type { TimeMode } from '../element/time-axis.js';
export type { StatusView } from '../element/view.js';
export { lookbackText, markLabel, STATUS_LABELS } from '../element/words.js';
export { VmCustomizationStatusElement };
