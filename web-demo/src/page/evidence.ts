/** What a link to one VM carries: of the recording all that is about it. */
import type { Recording } from 'vm-customization';
import { copyText, type RunModel } from 'vm-customization/element';
import { button } from '../ui/dom.js';
import { tell } from '../ui/notice.js';
import type { Link } from './address.js';

type Step = Recording['steps'][number];

/**
 * Copies a link to the VM in the details, and says what is in it.
 * @param link - the view as it stands
 * @param recording - of the run; undefined where there is none, which `note` says
 */
export async function copyEvidence(
  link: Link,
  recording: Recording | undefined,
  model: RunModel,
  note: string,
  { packRecording, writeLink }: Pick<typeof import('./address.js'), 'packRecording' | 'writeLink'>,
): Promise<void> {
  const { selected } = link;
  const name = model.row(selected)?.name ?? selected;
  const evidence = recording && evidenceOf(recording, selected);
  const packed = evidence && ((await packRecording(evidence)) ?? (await packRecording(shortened(evidence))));
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

/** The recording of one VM alone, with every read: what is concluded from silence stays. */
function evidenceOf(recording: Recording, vm: string): Recording {
  return {
    ...recording,
    vms: recording.vms.filter((ref) => ref.vm === vm),
    steps: recording.steps.flatMap((step) => stepOf(step, vm)),
  };
}

/** The same with only those reads that say something of it, and the last. */
function shortened(recording: Recording): Recording {
  const isSilent = (step: Step | undefined): boolean =>
    step !== undefined && 'events' in step && step.events.length === 0;
  const { steps } = recording;
  return { ...recording, steps: steps.filter((step, i) => !(isSilent(step) && isSilent(steps[i + 1]))) };
}

function stepOf(step: Step, vm: string): Step[] {
  if ('events' in step) {
    // In each wire form an id is a text of its own.
    const events = step.events.filter((event) => JSON.stringify(event).includes(JSON.stringify(vm).slice(1, -1)));
    return events.length === 0 && step.complete === false ? [] : [{ ...step, events }];
  }
  if ('vms' in step) {
    return [{ ...step, vms: step.vms.filter((ref) => ref.vm === vm) }];
  }
  if ('guestInfo' in step) {
    const guestInfo = [step.guestInfo].flat().filter((info) => info.vm === vm);
    return guestInfo.length > 0 ? [{ ...step, guestInfo }] : [];
  }
  return 'readFailed' in step && step.readFailed.vm !== undefined && step.readFailed.vm !== vm ? [] : [step];
}
