/** Reads and plays what is given, beside the page. */
import { init, type Recording, type VmRef } from 'vm-customization';
import { messageOf } from '../ui/dom.js';
import { reportFile } from '../ui/export.js';
import { type Found, readFiles, textOf } from './files.js';
import { type Answer, type Call, type Calls, LARGEST_KEPT } from './playback-messages.js';
import { PlayedRecording } from './played-recording.js';
import { packEvidence } from './recording-link.js';

type Doers = {
  readonly [Name in keyof Calls]: (
    of: Calls[Name]['of'],
    tell: (part: Calls[Name]['part']) => void,
  ) => Calls[Name]['answer'] | Promise<Calls[Name]['answer']>;
};

let found: readonly Found[] = [];
let opened: { readonly played: PlayedRecording; readonly whole: Blob } | undefined;

const doers: Doers = {
  start: async (core) => {
    await init(fetch(core));
    return undefined;
  },
  read: async (given, tell) => {
    found = await readFiles(given, tell);
    return found.map(({ name, recording }) => ({ name, about: aboutOf(recording) }));
  },
  open: (index) => {
    const { name, recording } = found[index] as Found;
    const text = textOf(recording, name);
    try {
      opened = { played: new PlayedRecording(text, recording.options), whole: new Blob([text]) };
    } catch (error) {
      throw new Error(`${name}: ${messageOf(error)}`);
    }
    found = [];
    return { ...opened.played.head, text: opened.whole.size > LARGEST_KEPT ? undefined : text };
  },
  seek: (to, tell) => current().played.seek(to, tell),
  report: (format) => reportFile(current().played.report(), format),
  recording: () => current().whole,
  evidence: ({ recording, vm }) => packEvidence(recording, vm),
};

/** Of one that may turn out to be none. */
function aboutOf({ startedAt, vms }: Recording): string {
  const names = (Array.isArray(vms) ? vms.slice(0, 4) : []).map((vm: Partial<VmRef> | null) => vm?.name ?? vm?.vm);
  return `${startedAt} — ${names.join(', ')}`;
}

function current(): NonNullable<typeof opened> {
  if (opened === undefined) {
    throw new Error('nothing is open');
  }
  return opened;
}

/** One call after the other. */
let atWork = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Call>) => {
  atWork = atWork.then(() => act(data));
});

async function act<Name extends keyof Calls>({ call, of }: { call: Name; of: Calls[Name]['of'] }): Promise<void> {
  const tell = (answer: Answer): void => postMessage(answer);
  try {
    tell({ answer: await doers[call](of, (part) => tell({ part })) });
  } catch (error) {
    tell({ problem: messageOf(error) });
  }
}
