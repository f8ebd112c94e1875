/** How a wall screen calls people: by notifications and by a beep, each switched on by a button and remembered here. */
import { el } from '../ui/dom.js';
import type { Need } from './attention.js';

const KEY = 'vm-customization/alarms';
/** More at once are told together. */
const TOLD_ALONE = 3;
const BEEP_HZ = 880;
const BEEP_S = 0.25;

/** Both off by default. */
interface Settings {
  notify: boolean;
  beep: boolean;
}

export class Alarms {
  readonly buttons: readonly HTMLButtonElement[];
  readonly #settings: Settings = remembered();
  readonly #notify = el('button', { type: 'button' }, 'Notify');
  readonly #beep = el('button', { type: 'button' }, 'Beep');
  #audio: AudioContext | undefined;
  #known: ReadonlySet<string> | undefined;

  constructor() {
    this.buttons = [this.#notify, this.#beep];
    this.#notify.hidden = !('Notification' in globalThis);
    this.#notify.addEventListener('click', () => void this.#switchNotify());
    this.#beep.addEventListener('click', () => {
      this.#settings.beep = !this.#settings.beep;
      this.#changed();
      this.#sound();
    });
    this.#changed();
  }

  /**
   * What needs attention now; answers what is new of it. What did when this was first called is no news, nor is a failure of
   * before the run began.
   */
  take(needs: readonly Need[], startedMs: number): readonly Need[] {
    const known = this.#known;
    this.#known = new Set(needs.map(({ key }) => key));
    const news = needs.filter(
      ({ key, kind, sinceMs, isAcknowledged }) =>
        known?.has(key) === false && !isAcknowledged && !(kind === 'failed' && (sinceMs ?? 0) < startedMs),
    );
    if (news.length > 0) {
      this.#sound();
      this.#tell(news);
    }
    return news;
  }

  async #switchNotify(): Promise<void> {
    const wanted = !this.#settings.notify;
    this.#settings.notify = wanted && (await Notification.requestPermission()) === 'granted';
    this.#changed();
  }

  #changed(): void {
    this.#notify.setAttribute('aria-pressed', String(this.#settings.notify));
    this.#beep.setAttribute('aria-pressed', String(this.#settings.beep));
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#settings));
    } catch {
      // A browser that keeps nothing asks again.
    }
  }

  #tell(news: readonly Need[]): void {
    if (!this.#settings.notify || Notification.permission !== 'granted') {
      return;
    }
    if (news.length > TOLD_ALONE) {
      new Notification(`${news.length} VMs need attention`, { body: news.map(({ name }) => name).join(', ') });
      return;
    }
    for (const { key, name, kind, reason } of news) {
      new Notification(`${name}: ${KIND_WORDS[kind]}`, { body: reason, tag: key });
    }
  }

  #sound(): void {
    if (!this.#settings.beep) {
      return;
    }
    this.#audio ??= new AudioContext();
    const { currentTime, destination } = this.#audio;
    // Browsers keep it silent until somebody has clicked on the page.
    void this.#audio.resume().catch(() => undefined);
    const tone = this.#audio.createOscillator();
    tone.frequency.value = BEEP_HZ;
    tone.connect(destination);
    tone.start(currentTime);
    tone.stop(currentTime + BEEP_S);
  }
}

export const KIND_WORDS: Readonly<Record<Need['kind'], string>> = {
  failed: 'customization failed',
  stuck: 'customization is stuck',
  timedOut: 'customization timed out',
  unreadable: 'its events cannot be read',
};

function remembered(): Settings {
  try {
    const { notify, beep } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>;
    return { notify: notify === true, beep: beep === true };
  } catch {
    return { notify: false, beep: false };
  }
}
