/** Room for so many. */
export class Slots {
  readonly #size: number;
  #taken = 0;
  #freed: (() => void) | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number {
    return Math.max(0, this.#size - this.#taken);
  }

  take(): void {
    this.#taken += 1;
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#freed?.();
  }

  /** Resolves when there is room, or when the signal is aborted. One may wait at a time. */
  async room(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#freed?.();
    signal.addEventListener('abort', wake);
    while (this.free === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#freed = resolve;
      });
    }
    signal.removeEventListener('abort', wake);
  }
}
