/** The screen on a wall: full screen, kept awake, left by Escape. What it shows comes when it is first switched on. */
import type { RunModel } from 'vm-customization/element';
import { button, html, messageOf, onClick } from '../ui/dom.js';
import { fail } from '../ui/notice.js';
import type { WallHead, WallView } from './view.js';

/** How long the controls are seen after the pointer has moved. */
const CONTROLS_MS = 4_000;

export class Wall {
  readonly #actions: { entered(): void; left(): void; titled(words: string): void };
  #isOn = false;
  #awake: WakeLockSentinel | undefined;
  #view: WallView | undefined;
  #shown: { readonly model: RunModel; readonly head: WallHead } | undefined;
  #resting: number | undefined;

  constructor(actions: { entered(): void; left(): void; titled(words: string): void }) {
    this.#actions = actions;
    onClick('wall', () => {
      this.set(true);
      document.documentElement.requestFullscreen?.().catch(() => undefined);
      button('leave-wall').focus();
      actions.entered();
    });
    onClick('leave-wall', () => this.#leave());
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented && this.#isOn) {
        this.#leave();
      }
    });
    addEventListener('pointermove', () => {
      const controls = html('wall-controls');
      controls.classList.add('moved');
      clearTimeout(this.#resting);
      this.#resting = window.setTimeout(() => controls.classList.remove('moved'), CONTROLS_MS);
    });
    document.addEventListener('visibilitychange', () => this.#stayAwake());
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  set(isOn: boolean): void {
    this.#isOn = isOn;
    document.documentElement.classList.toggle('wall', isOn);
    this.#stayAwake();
    if (isOn) {
      void this.#load();
    } else {
      this.#actions.titled('');
    }
  }

  /** What is shown from here on, and what is said of it; called every second. */
  show(model: RunModel, head: WallHead): void {
    this.#shown = { model, head };
    if (this.#view !== undefined && this.#isOn) {
      this.#view.show(model, head);
    }
  }

  async #load(): Promise<void> {
    try {
      const { WallView } = await import('./view.js');
      this.#view ??= new WallView((words) => this.#actions.titled(words));
      if (this.#shown !== undefined) {
        this.show(this.#shown.model, this.#shown.head);
      }
    } catch (error) {
      fail(`The wall screen cannot be loaded: ${messageOf(error)}`);
      this.#leave();
    }
  }

  #leave(): void {
    this.set(false);
    if (document.fullscreenElement !== null) {
      document.exitFullscreen().catch(() => undefined);
    }
    this.#actions.left();
    button('wall').focus();
  }

  /** A screen on the wall has nobody to wake it. The browser ends the lock whenever the page is hidden. */
  #stayAwake(): void {
    this.#awake?.release().catch(() => undefined);
    this.#awake = undefined;
    if (!this.#isOn || document.hidden) {
      return;
    }
    navigator.wakeLock?.request('screen').then(
      (lock) => {
        this.#awake?.release().catch(() => undefined);
        this.#awake = lock;
        if (!this.#isOn) {
          this.#stayAwake();
        }
      },
      () => undefined,
    );
  }
}
