/** Why a VM needs attention, in words. */
import { whatToDo } from 'vm-customization';
import type { ModelEntry } from 'vm-customization/element';

export function reasonInWords({ row }: ModelEntry): string {
  return row.error?.message ?? whatToDo(row)?.headline ?? '';
}
