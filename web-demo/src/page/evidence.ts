/** What a link to one VM carries: of the recording all that is about it. */
import type { RunModel } from 'vm-customization/element';
import { copyText } from '../../../bindings/src/element/copy.js';
import { remotePlayback } from '../sources/remote-playback.js';
import { button } from '../ui/dom.js';
import { tell } from '../ui/notice.js';
import type { Link } from './address.js';

/**
 * Copies a link to the VM in the details, and says what is in it.
 * @param link - the view as it stands
 * @param recording - of the run, as JSON text; undefined where there is none, which `note` says
 */
export async function copyEvidence(
  link: Link,
  recording: Blob | undefined,
  model: RunModel,
  note: string,
  writeLink: (link: Link) => string,
): Promise<void> {
  const { selected } = link;
  const name = model.row(selected)?.name ?? selected;
  const packed = recording && (await packEvidence(recording, selected));
  const own: Link = { ...link, filter: '', status: '', wall: false, details: true };
  const full: Link = {
    ...own,
    source: 'recording',
    recording: packed,
    file: `${name} as evidence`,
    atMs: Math.floor(model.nowMs),
    patterns: [],
    ids: [],
    options: {},
  };
  const url = location.href.replace(/#.*$/, '') + writeLink(packed === undefined ? own : full);
  if (!(await copyText(url, button('copy-evidence')))) {
    tell('The browser does not let the page copy: take the link from Save… instead.');
  } else if (packed !== undefined) {
    tell(`Link copied: what happened to ${name} is inside it, and opens without a log-in.`);
  } else {
    tell(`Link copied, without what happened: ${note || 'that is too large for one. Save the recording beside it.'}`);
  }
}

async function packEvidence(recording: Blob, vm: string): Promise<string | undefined> {
  const remote = remotePlayback();
  try {
    return await remote.evidence(recording, vm);
  } finally {
    remote.close();
  }
}
