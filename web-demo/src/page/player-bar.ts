/** The controls of time travel. */

import type { Player } from '../run/player.js';
import { button, html, input, onClick, select, setText } from '../ui/dom.js';

export class PlayerBar {
  readonly #bar = html('player');
  readonly #position = input('position');
  readonly #onMoved: (atMs: number) => void;
  #player: Player | undefined;

  /** @param onMoved - the position has changed */
  constructor(actions: { moved(atMs: number): void; backToLive(): void }) {
    this.#onMoved = actions.moved;
    onClick('play', () => this.#toggle());
    onClick('step-back', () => this.#player?.step(-1));
    onClick('step-forth', () => this.#player?.step(1));
    onClick('back-to-live', actions.backToLive);
    this.#position.addEventListener('keydown', (event) => this.#onSliderKey(event));
    this.#position.addEventListener('input', () => {
      // Before a pause, which shows the position there was.
      const atMs = Number(this.#position.value);
      this.#player?.pause();
      void this.#player?.seek(atMs);
    });
    select('speed').addEventListener('change', () => {
      if (this.#player !== undefined) {
        this.#player.speed = Number(select('speed').value);
      }
    });
    addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Undefined: there is nothing to play. @param isRewound - there is something live to go back to */
  show(player: Player | undefined, isRewound = false): void {
    this.#player?.removeEventListener('change', this.#onChange);
    this.#player = player;
    this.#bar.hidden = player === undefined;
    button('back-to-live').hidden = !isRewound;
    if (player !== undefined) {
      player.speed = Number(select('speed').value);
      this.#position.max = String(player.endMs);
      player.addEventListener('change', this.#onChange);
      this.#onChange();
    }
  }

  readonly #onChange = (): void => {
    const player = this.#player;
    if (player === undefined) {
      return;
    }
    const { positionMs, endMs, playing, eventsTold, eventCount, shown } = player;
    this.#bar.toggleAttribute('data-behind', player.isBehind);
    this.#position.value = String(positionMs);
    const time = `${clock(positionMs)} / ${clock(endMs)}`;
    setText(html('time'), time);
    this.#position.setAttribute('aria-valuetext', `${clock(positionMs)} of ${clock(endMs)}`);
    const { lastEvent } = shown;
    const last =
      lastEvent === undefined ? '' : `: \u2068${lastEvent.name ?? lastEvent.vm ?? ''}\u2069 ${lastEvent.type}`;
    setText(html('event'), `event ${shown.eventsTold} of ${eventCount}${last}`);
    setText(button('play'), playing ? 'Pause' : 'Play');
    this.#disable('step-back', 'step-forth', eventsTold === 0);
    this.#disable('step-forth', 'step-back', eventsTold === eventCount);
    this.#onMoved(positionMs);
  };

  /** A button that goes out hands the focus on: it would be lost. */
  #disable(id: string, other: string, disabled: boolean): void {
    const had = document.activeElement === button(id);
    button(id).disabled = disabled;
    if (disabled && had) {
      button(button(other).disabled ? 'play' : other).focus();
    }
  }

  /** A millisecond, the slider's own step, is nothing to somebody at the keys. */
  #onSliderKey(event: KeyboardEvent): void {
    const bySeconds: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageDown: -10,
      PageUp: 10,
    };
    const by = bySeconds[event.key];
    if (by !== undefined && this.#player !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.#player.pause();
      void this.#player.seek(this.#player.positionMs + by * 1_000);
    }
  }

  #toggle(): void {
    if (this.#player?.playing) {
      this.#player.pause();
    } else {
      this.#player?.play();
    }
  }

  #onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    const isTyping =
      target instanceof Element && target.matches('input:not([type=range]), select, textarea, button, summary, a');
    if (this.#player === undefined || isTyping || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const act = { ' ': () => this.#toggle(), ',': () => this.#player?.step(-1), '.': () => this.#player?.step(1) };
    if (event.key === ' ' || event.key === ',' || event.key === '.') {
      event.preventDefault();
      act[event.key]();
    }
  }
}

/** `1:02:03`, `2:03.4` where there is less than an hour. */
function clock(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const seconds = Math.floor(tenths / 10);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}.${tenths % 10}`;
}
