/** The column of servers in the live table, where there are several. */
import type { Labels } from '../../messages.js';
import { columns, padded } from './text.js';

const HEADING = 'SERVER';
const GAP = '  ';

/** What stands over the VMs, and what stands for each of them. */
export function serverColumn(
  vms: readonly string[],
  labels: Labels,
): readonly [heading: string, labelOf: (vm: string) => string] {
  const width = Math.max(0, ...vms.map((vm) => columns(labels.columns(vm)[0])));
  if (width === 0) {
    return ['VM', (vm) => labels.of(vm)];
  }
  const line = (server: string, vm: string): string => padded(server, Math.max(width, HEADING.length)) + GAP + vm;
  return [line(HEADING, 'VM'), (vm) => line(...labels.columns(vm))];
}
