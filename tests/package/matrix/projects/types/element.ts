import type { EventSource, Playback, Report, WatchOptions } from 'vm-customization';
import { RunModel, TIMELINE_EVENT_TYPES, type VmCustomizationStatusElement } from 'vm-customization/element';

const made: VmCustomizationStatusElement = document.createElement('vm-customization-status');
const found: VmCustomizationStatusElement | null = document.querySelector('vm-customization-status');

export async function show(source: EventSource, playback: Playback, reports: AsyncIterable<Report>): Promise<Report> {
  const model = new RunModel();
  model.begin(playback.startedAt, playback.vms);
  model.update(playback.seek(1_000));
  model.events(playback.inputs.flatMap(({ events }) => events));
  made.model = model;
  made.cursor = 1_000;
  made.sort = '-elapsed';
  // @ts-expect-error there are five
  made.status = 'Customizing';
  await found?.follow(reports);
  const options: WatchOptions = { alsoRead: TIMELINE_EVENT_TYPES };
  made.addEventListener('viewchange', ({ detail }) => detail.cursor satisfies number | null);
  made.addEventListener('click', ({ clientX }) => clientX satisfies number);
  const watch = await made.watch(source, [{ vm: 'vm-101' }], options);
  return (await watch.report) satisfies typeof made.report;
}
