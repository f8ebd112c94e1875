/** What the page was served for, as its server says in it. */
export type Served =
  /** A page of its own: it looks at whatever is asked for. */
  | { readonly kind: 'nothing' }
  /** A vCenter to log in to. */
  | { readonly kind: 'vcenter'; readonly host: string; readonly patterns: readonly string[] }
  /** A run that the server watches. */
  | { readonly kind: 'shared'; readonly host: string };

export function served(): Served {
  const said = document.querySelector<HTMLMetaElement>('meta[name="vm-customization"]');
  const { host = '', patterns = '' } = said?.dataset ?? {};
  switch (said?.content) {
    case 'vcenter':
      return { kind: 'vcenter', host, patterns: patterns.split(/\s+/).filter(Boolean) };
    case 'shared':
      return { kind: 'shared', host };
    default:
      return { kind: 'nothing' };
  }
}
