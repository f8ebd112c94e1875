/** Keeps what is shown, for a reload and for a crash. */
import type { LiveRun } from '../run/live-run.js';
import { forgetPackedRun, forgetSession, isRunPacked, packRun, saveSession } from './reload.js';
import { playerOf, type Shown } from './shown.js';

/** With more of them a run is packed, and not while the page is left: both would hold it up. */
const SAVED_VMS = 1_000;

export class Keeper {
  /** The run that is kept packed. */
  #packedOf: LiveRun | undefined;

  /** A run begins; one that goes on from before a reload is the one that is packed, if any is. */
  begin(run: LiveRun, isResumed: boolean): void {
    if (!isResumed) {
      forgetPackedRun();
    }
    this.#packedOf = isRunPacked() ? run : undefined;
  }

  /** There is nothing shown that a reload could go on with. */
  forget(): void {
    forgetSession();
  }

  /** While there is time: packs a run of many VMs. @param save - is called where there is something to save, soon */
  saveInTime(shown: () => Shown, save: () => void): void {
    const current = shown();
    const live = 'run' in current && current.run.model.size > SAVED_VMS ? current.run : undefined;
    const saved = live?.save();
    if (live === undefined || saved === undefined) {
      save();
      return;
    }
    const isStillShown = (): boolean => {
      const now = shown();
      return 'run' in now && now.run === live;
    };
    void packRun(saved, isStillShown).then((isKept) => {
      if (isKept) {
        this.#packedOf = live;
        save();
      }
    });
  }

  /** Saves what fits, as quickly as a page that is left has to. */
  save(shown: Shown, hash: string): void {
    switch (shown.kind) {
      case 'nothing':
        break;
      case 'asked':
      case 'viewed':
        // The address asks for the log-in, and the server shows all there is.
        forgetSession();
        break;
      case 'saved': {
        const { run, ...session } = shown.session;
        saveSession({ ...session, hash, ...(run === undefined || session.isTooLarge === true ? {} : { run }) });
        break;
      }
      case 'live':
      case 'rewound':
        this.#saveRun(shown, hash);
        break;
      case 'simulated':
      case 'recording': {
        const { recordingText, positionMs } = shown.player;
        if (recordingText === undefined) {
          // The address asks for the file.
          forgetSession();
        } else {
          const name = shown.kind === 'recording' ? shown.name : '';
          saveSession({ hash, kind: 'recording', name, recording: recordingText, atMs: positionMs });
        }
        break;
      }
    }
  }

  #saveRun(shown: Extract<Shown, { run: LiveRun }>, hash: string): void {
    const { run } = shown;
    const isTooLarge = run === this.#packedOf && run.model.size > SAVED_VMS;
    const saved = isTooLarge ? undefined : run.save();
    const atMs = playerOf(shown)?.positionMs ?? (shown.kind === 'live' ? shown.rewindToMs : undefined);
    saveSession({
      hash,
      kind: 'live',
      address: run.source.address,
      options: run.options,
      ...(isTooLarge ? { isTooLarge } : {}),
      ...(saved === undefined ? {} : { run: saved }),
      ...(atMs === undefined ? {} : { atMs }),
    });
  }
}
