import type { GlobalComponents } from 'vue';
import 'vm-customization/element/vue';

type Props = InstanceType<GlobalComponents['vm-customization-status']>['$props'];

export const right: Props = {
  class: 'vms',
  report: null,
  columns: 'status actions',
  card: undefined,
  onViewchange: ({ detail }) => detail.selected satisfies string,
  onTransition: ({ detail }) => detail.to satisfies string,
};
// @ts-expect-error there are five
export const wrong: Props = { status: 'Done' };
