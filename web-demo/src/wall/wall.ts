/** The screen on a wall: full screen, kept awake, left by Escape. */
import { button, onClick } from '../ui/dom.js';

export class Wall {
  readonly #left: () => void;
  #isOn = false;
  #awake: WakeLockSentinel | undefined;

  constructor(actions: { entered(): void; left(): void }) {
    this.#left = actions.left;
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
    document.addEventListener('visibilitychange', () => this.#stayAwake());
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  set(isOn: boolean): void {
    this.#isOn = isOn;
    document.documentElement.classList.toggle('wall', isOn);
    this.#stayAwake();
  }

  #leave(): void {
    this.set(false);
    if (document.fullscreenElement !== null) {
      document.exitFullscreen().catch(() => undefined);
    }
    this.#left();
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
