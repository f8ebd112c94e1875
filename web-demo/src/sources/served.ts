/** What the page was served for, as its server says in it. */
import type { MonitorOptions } from 'vm-customization';

/** What the page was served for. */
export type Served =
  /** A page of its own: it looks at whatever is asked for. */
  | { readonly kind: 'nothing' }
  /** A vCenter to log in to. */
  | {
      readonly kind: 'vcenter';
      readonly host: string;
      readonly patterns: readonly string[];
      /** Where names and patterns without a path are looked for; undefined for every datacenter. */
      readonly datacenter: string | undefined;
      /** Those of the command. */
      readonly options: MonitorOptions;
    }
  /** A run that the server watches. */
  | { readonly kind: 'shared'; readonly host: string };

export function served(): Served {
  const said = document.querySelector<HTMLMetaElement>('meta[name="vm-customization"]');
  const { host = '', patterns = '', datacenter, ready, settle } = said?.dataset ?? {};
  switch (said?.content) {
    case 'vcenter':
      return {
        kind: 'vcenter',
        host,
        patterns: patterns.split(/\s+/).filter(Boolean),
        datacenter,
        options: {
          ...(ready === 'tools' || ready === 'guestOperations' ? { ready } : {}),
          ...(settle === undefined ? {} : { settleSeconds: Number(settle) }),
        },
      };
    case 'shared':
      return { kind: 'shared', host };
    default:
      return { kind: 'nothing' };
  }
}
