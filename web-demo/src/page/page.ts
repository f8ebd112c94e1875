/** The page: one source at a time, live or played, and everything around the element that shows it. */
import type { MonitorOptions, Report } from 'vm-customization';
import { RunModel, type VmCustomizationStatusElement } from 'vm-customization/element';
import { OpenFile } from '../dialogs/open-file.js';
import { optionsDialog } from '../dialogs/options.js';
import { saveDialog } from '../dialogs/save.js';
import { VCenterDialog } from '../dialogs/vcenter.js';
import { LiveRun, type LiveState, reportOf, showSaved } from '../run/live-run.js';
import { Player } from '../run/player.js';
import { type Offered, readFiles } from '../sources/files.js';
import { simulatedAddress, simulatedRecording, simulatedSource } from '../sources/simulated.js';
import { ENDLESS, type LiveSource } from '../sources/source.js';
import { button, html, messageOf, onClick, select, setText } from '../ui/dom.js';
import { type Link, MOST_IDS, packRecording, readLink, unpackRecording, writeLink } from './address.js';
import { Log } from './log.js';
import { PlayerBar } from './player-bar.js';
import {
  forgetPackedRun,
  forgetSession,
  isRunPacked,
  packRun,
  readSession,
  type Session,
  saveSession,
} from './reload.js';
import { Summary } from './summary.js';
import { setUpTheme } from './theme.js';

/** Between two savings for a crash; a reload saves by itself. */
const SAVE_EVERY_MS = 30_000;
/** With more of them it is packed, and not while the page is left: both would hold it up. */
const SAVED_VMS = 1_000;
/** A larger recording is asked for again after a reload. */
const LARGEST_KEPT = 2 * 2 ** 20;
/** The summary and the log are drawn at most this often. */
const DRAW_EVERY_MS = 150;
const HASH_EVERY_MS = 400;
const NOTICE_MS = 4_000;

/** What was customized today is to be seen there, however late the screen was set up. */
const WALL_LOOKBACK_SECONDS = 86_400;

const STATES: Readonly<Record<LiveState | 'played' | 'saved' | 'asks', string>> = {
  opening: 'Opening',
  live: 'Live',
  reading: 'Reading',
  retrying: 'Trying again',
  ended: 'Ended',
  played: 'Recording',
  saved: 'Last known state',
  asks: 'Not logged in',
};

type LiveSession = Extract<Session, { kind: 'live' }>;

export class Page {
  readonly #view = html('view') as VmCustomizationStatusElement;
  readonly #summary = new Summary();
  readonly #log = new Log();
  readonly #setTheme: (theme: string) => void;
  readonly #bar: PlayerBar;
  readonly #file: OpenFile;
  readonly #vcenter: VCenterDialog;
  /** What the address says beyond the view, and the user's options. */
  #link: Link;
  #live: LiveRun | undefined;
  #player: Player | undefined;
  /** Of the recording that is played; empty where the live run was rewound. */
  #name = '';
  /** A wait of before the reload that goes on once somebody has logged in. */
  #waiting: LiveSession | undefined;
  /** The run that is kept packed. */
  #packedOf: LiveRun | undefined;
  /** A link asks for a vCenter, and nobody has logged in yet. */
  #asks = false;
  /** A file that a link asks for, and the position there. */
  #wanted: { readonly file: string; readonly atMs: number | undefined } | undefined;
  #model = new RunModel();
  #drawing: number | undefined;
  #hashing: number | undefined;
  #noticed: number | undefined;
  #awake: WakeLockSentinel | undefined;
  /** Of the text of the recording that is played. */
  #size = 0;
  /** The position before a reload, of a live run that was rewound. */
  #rewoundMs: number | undefined;

  constructor() {
    this.#link = readLink(location.hash);
    this.#setTheme = setUpTheme(() => {
      this.#link.theme = select('theme').value;
      this.#writeHash();
    });
    this.#setTheme(this.#link.theme);
    this.#bar = new PlayerBar({
      moved: (atMs) => {
        this.#view.cursor = atMs;
        this.#writeHash();
      },
      backToLive: () => {
        this.#backToLive();
        button('rewind').focus();
      },
    });
    this.#file = new OpenFile((offered) => {
      const wanted = this.#wanted?.file === offered.name ? this.#wanted.atMs : undefined;
      this.#openRecording(offered, wanted);
      this.#wanted = undefined;
    });
    this.#vcenter = new VCenterDialog((source, resumed) => this.#watchVCenter(source, resumed));
    optionsDialog(
      () => this.#live?.options ?? this.#link.options,
      (options) => {
        this.#link.options = options;
        this.#startAgain();
      },
    );
    saveDialog(() => ({
      recording: () => this.#player?.recording ?? this.#live?.recording() ?? this.#waiting?.run?.recording,
      report: () => this.#player?.report() ?? this.#live?.report() ?? this.#waitingReport(),
      recordingNote: this.#recordingNote(),
      link: () => this.#linkToView(),
    }));
    this.#setUpButtons();
    this.#view.addEventListener('viewchange', () => this.#viewChanged());
    addEventListener('hashchange', () => void this.open(false));
    addEventListener('pagehide', ({ persisted }) => {
      this.#save();
      if (!persisted) {
        // A reload asks for the password again.
        this.#vcenter.forget(true);
      }
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        this.#saveInTime();
      } else if (this.#link.wall) {
        this.#stayAwake();
      }
    });
    setInterval(() => this.#saveInTime(), SAVE_EVERY_MS);
    for (const type of ['online', 'offline']) {
      addEventListener(type, () => this.#showState());
    }
  }

  /** Opens what the address says, or goes on where this tab was before a reload. */
  async open(reloaded: boolean): Promise<void> {
    const session = await readSession(location.hash, reloaded);
    this.#link = readLink(session?.hash ?? location.hash);
    const link = this.#link;
    const view = this.#view;
    view.filter = link.filter;
    view.status = link.status as typeof view.status;
    view.sort = link.sort;
    view.selected = link.selected;
    view.details = link.details;
    this.#setWall(link.wall);
    this.#setTheme(link.theme);
    try {
      if (session === undefined) {
        await this.#openLink(link);
      } else {
        await this.#reopen(session);
      }
    } catch (error) {
      this.#fail(messageOf(error));
      if (this.#live === undefined && this.#player === undefined) {
        this.#watch(simulatedSource(simulatedAddress()));
      }
    }
  }

  async #openLink(link: Link): Promise<void> {
    const { recording } = link;
    if (recording !== undefined) {
      const text = await unpackRecording(recording);
      const [offered] = await readFiles([{ name: link.file ?? 'the recording in the link', blob: new Blob([text]) }]);
      if (offered !== undefined) {
        this.#openRecording(offered, link.atMs);
        // The address goes on being one that opens it.
        this.#link.recording = recording;
      }
      return;
    }
    if (link.source === 'simulated' && link.atMs !== undefined) {
      this.#openRecording({ name: '', recording: simulatedRecording(link.vms ?? 8) }, link.atMs);
      return;
    }
    if (link.source === 'vcenter') {
      // Nothing else is shown meanwhile: it would be taken for that vCenter's.
      this.#endAll();
      this.#asks = true;
      this.#show(new RunModel());
      this.#showState();
      this.#vcenter.show(undefined, link);
      return;
    }
    const { file, atMs } = link;
    // Behind a dialog there is something to see as well.
    this.#watch(this.#simulated());
    if (file !== undefined) {
      this.#wanted = { file, atMs };
      this.#file.show(file);
    }
  }

  async #reopen(session: Session): Promise<void> {
    if (session.kind === 'recording') {
      this.#openRecording(session, session.atMs);
      return;
    }
    const { address, run } = session;
    if (address.kind === 'simulated') {
      this.#resume(simulatedSource(address), session);
      return;
    }
    this.#waiting = session;
    const model = new RunModel();
    if (run !== undefined) {
      showSaved(model, run);
    } else if (session.isTooLarge === true) {
      // No row rather than a wrong one.
      this.#fail('What was shown is too large to be kept over a reload: log in, and it is read anew');
    } else {
      model.setVms(address.vms);
    }
    this.#show(model);
    this.#showState();
    this.#vcenter.show(address);
  }

  #simulated(): LiveSource {
    const { vms, speed, wall } = this.#link;
    return simulatedSource(
      simulatedAddress({
        loop: wall,
        ...(vms === undefined ? {} : { vms: Math.floor(vms) }),
        ...(speed === undefined ? {} : { speed }),
      }),
    );
  }

  #watch(source: LiveSource, options = this.#chosenOptions(), saved?: ConstructorParameters<typeof LiveRun>[2]): void {
    const run = new LiveRun(source, options, saved);
    if (saved === undefined) {
      forgetPackedRun();
    }
    this.#packedOf = isRunPacked() ? run : undefined;
    this.#endAll(source);
    this.#live = run;
    this.#link.source = source.address.kind;
    const { patterns, vms } = source.address.kind === 'vcenter' ? source.address : { patterns: [], vms: [] };
    this.#link.patterns = patterns;
    this.#link.ids = patterns.length > 0 || vms.length > MOST_IDS ? [] : vms.map(({ vm }) => vm);
    let toldFull = false;
    run.addEventListener('state', () => {
      this.#showState();
      if (run.fullAtMs !== undefined && !toldFull) {
        toldFull = true;
        this.#tell(this.#recordingNote());
      }
      if (this.#rewoundMs !== undefined && run === this.#live && run.state !== 'opening') {
        this.#rewind(this.#rewoundMs);
        this.#rewoundMs = undefined;
      }
    });
    this.#show(run.model);
    this.#showState();
  }

  #waitingReport(): Report | undefined {
    const run = this.#waiting?.run;
    return run && reportOf(run);
  }

  #chosenOptions(): MonitorOptions {
    return this.#link.wall
      ? { lookbackSeconds: WALL_LOOKBACK_SECONDS, ...this.#link.options, ...ENDLESS }
      : this.#link.options;
  }

  #resume(source: LiveSource, { options, run, atMs }: LiveSession): void {
    this.#watch(source, options, run);
    // Without the run there is nothing to go back in.
    this.#rewoundMs = run === undefined ? undefined : atMs;
  }

  #watchVCenter(source: LiveSource, resumed: boolean): void {
    if (resumed && this.#waiting !== undefined) {
      this.#resume(source, this.#waiting);
    } else {
      this.#watch(source);
    }
    this.#tell(`Watching ${source.title}`);
  }

  /** @throws WireError; what was shown before stays */
  #openRecording({ name, recording, size = 0 }: Offered, atMs?: number): void {
    const player = new Player(recording);
    this.#endAll();
    this.#size = size;
    this.#play(player, name, atMs ?? 0);
    this.#link.source = name === '' ? 'simulated' : 'recording';
    if (atMs === undefined) {
      player.play();
    }
    this.#tell(name === '' ? '' : `Opened ${name}`);
  }

  #play(player: Player, name: string, atMs: number): void {
    this.#player?.dispose();
    this.#player = player;
    this.#name = name;
    player.seek(atMs);
    this.#show(player.model);
    this.#bar.show(player, this.#live !== undefined || name === '');
    this.#showState();
  }

  #rewind(atMs = Number.POSITIVE_INFINITY): void {
    const live = this.#live;
    const recording = live?.recording();
    if (live === undefined || recording === undefined) {
      this.#tell(this.#recordingNote());
      return;
    }
    const endMs = Math.min(live.model.nowMs, live.fullAtMs ?? Number.POSITIVE_INFINITY);
    this.#play(new Player(recording, endMs), '', Math.min(atMs, endMs));
    this.#tell(this.#recordingNote() || 'Rewound: the wait goes on meanwhile');
  }

  /** Why the recording is not all of the live run; empty where it is. */
  #recordingNote(): string {
    const { fullAtMs, isRecordingLost, model } = this.#live ?? {};
    if (isRecordingLost === true) {
      return 'What was recorded before the reload was too large to be kept: there is nothing to rewind. Start again to record anew.';
    }
    if (fullAtMs === undefined) {
      return '';
    }
    const time = new Date((model?.originMs ?? 0) + fullAtMs).toLocaleTimeString('en-GB', { timeStyle: 'short' });
    return `The recording stopped at ${time}: rewinding shows up to then. Start again to record anew.`;
  }

  #backToLive(): void {
    this.#endPlayer();
    if (this.#live === undefined) {
      this.#watch(this.#simulated());
    } else {
      this.#show(this.#live.model);
      this.#showState();
    }
  }

  #startAgain(): void {
    const { address } = this.#live?.source ?? {};
    this.#setWall(this.#link.wall);
    if (this.#live === undefined || address?.kind === 'simulated') {
      this.#watch(this.#simulated());
      return;
    }
    // The session stays; only the wait begins anew.
    const { source } = this.#live;
    this.#watch(source);
  }

  #endPlayer(): void {
    this.#player?.dispose();
    this.#player = undefined;
    this.#name = '';
    this.#bar.show(undefined);
    this.#view.cursor = null;
    this.#link.atMs = undefined;
    this.#link.recording = undefined;
  }

  /** @param next - a source that goes on being used is not closed */
  #endAll(next?: LiveSource): void {
    this.#endPlayer();
    const live = this.#live;
    this.#live = undefined;
    this.#waiting = undefined;
    this.#asks = false;
    this.#rewoundMs = undefined;
    const isSession = next?.address.kind === 'vcenter';
    void live?.stop(live.source.address.kind === 'vcenter' && !isSession);
    if (!isSession) {
      this.#vcenter.forget();
    }
  }

  #show(model: RunModel): void {
    this.#model.removeEventListener('change', this.#onChange);
    this.#model = model;
    model.addEventListener('change', this.#onChange);
    this.#view.model = model;
    this.#log.show(model);
    this.#onChange();
    this.#writeHash();
  }

  readonly #onChange = (): void => {
    this.#drawing ??= window.setTimeout(() => {
      this.#drawing = undefined;
      this.#summary.draw(this.#model);
      this.#log.draw();
    }, DRAW_EVERY_MS);
    if (!marked && this.#model.transitions.length > 0) {
      marked = true;
      // After the frame in which the element draws them.
      requestAnimationFrame(() => setTimeout(() => performance.mark('page:first-rows')));
    }
  };

  #showState(): void {
    const live = this.#live;
    const played = this.#player !== undefined;
    const isVCenter = live?.source.address.kind === 'vcenter' || this.#waiting !== undefined || this.#asks;
    const state = played ? 'played' : (live?.state ?? (this.#asks ? 'asks' : 'saved'));
    const offline = isVCenter && !played && !navigator.onLine;
    const badge = html('state');
    badge.dataset.state = offline ? 'retrying' : state;
    setText(badge, offline ? 'Offline' : played && this.#name === '' ? 'Rewound' : STATES[state]);
    badge.title = live?.trouble ?? '';
    const trouble = played || live === undefined || live.trouble === '' ? '' : ` – ${live.trouble}`;
    const title =
      played && this.#name !== '' ? this.#name : (live?.source.title ?? (played ? 'Simulated vCenter' : 'vCenter'));
    setText(html('source'), title + trouble);
    button('again').hidden = live === undefined || played;
    button('rewind').hidden = live === undefined || played;
    button('log-out').hidden = !isVCenter || this.#asks;
    button('open-options').disabled = live === undefined;
    for (const [id, current] of [
      ['open-simulated', !isVCenter && (live !== undefined || this.#name === '')],
      ['open-file', this.#name !== ''],
      ['open-vcenter', isVCenter],
    ] as const) {
      if (current) {
        button(id).setAttribute('aria-current', 'true');
      } else {
        button(id).removeAttribute('aria-current');
      }
    }
  }

  #setUpButtons(): void {
    onClick('open-simulated', () => {
      this.#endAll();
      this.#watch(this.#simulated());
    });
    onClick('again', () => this.#startAgain());
    onClick('rewind', () => {
      this.#rewind();
      html('position').focus();
    });
    onClick('log-out', () => {
      this.#endAll();
      this.#watch(this.#simulated());
      this.#vcenter.show();
      this.#tell('Logged out');
    });
    onClick('wall', () => {
      this.#setWall(true);
      document.documentElement.requestFullscreen?.().catch(() => undefined);
      button('leave-wall').focus();
      if (this.#player !== undefined && this.#name === '') {
        this.#backToLive();
      }
      const { options } = this.#live ?? {};
      const { attempts, timeoutSeconds, waitForPowerOn } = ENDLESS;
      if (
        options !== undefined &&
        (options.attempts !== attempts ||
          options.timeoutSeconds !== timeoutSeconds ||
          options.waitForPowerOn !== waitForPowerOn)
      ) {
        this.#startAgain();
      }
      this.#writeHash();
    });
    const leave = (): void => {
      this.#setWall(false);
      // The run goes on as it is, and the address goes on saying how.
      this.#link.options = this.#live?.options ?? this.#link.options;
      if (document.fullscreenElement !== null) {
        document.exitFullscreen().catch(() => undefined);
      }
      this.#writeHash();
      button('wall').focus();
    };
    onClick('leave-wall', leave);
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) {
        setText(html('error'), '');
        if (this.#link.wall) {
          leave();
        }
      }
    });
  }

  #setWall(wall: boolean): void {
    this.#link.wall = wall;
    document.documentElement.classList.toggle('wall', wall);
    if (wall) {
      // A screen on the wall has nobody to wake it.
      this.#stayAwake();
    } else {
      this.#awake?.release().catch(() => undefined);
      this.#awake = undefined;
    }
  }

  /** The browser ends it whenever the page is hidden. */
  #stayAwake(): void {
    navigator.wakeLock?.request('screen').then(
      (lock) => {
        this.#awake?.release().catch(() => undefined);
        this.#awake = lock;
        if (!this.#link.wall) {
          this.#setWall(false);
        }
      },
      () => undefined,
    );
  }

  #viewChanged(): void {
    const { cursor } = this.#view;
    // The cursor is the position in time, wherever the user moves it.
    if (this.#player !== undefined && cursor !== null && Math.abs(cursor - this.#player.positionMs) > 1) {
      this.#player.pause();
      this.#player.seek(cursor);
    }
    this.#writeHash();
  }

  /** The view as it stands, without the recording. */
  #currentLink(): Link {
    const { filter, status, sort, selected, details } = this.#view;
    const { speed, vms } = this.#link;
    const isSimulated = this.#link.source === 'simulated';
    return {
      ...this.#link,
      file: this.#link.source === 'recording' ? this.#name || undefined : undefined,
      vms: isSimulated ? vms : undefined,
      speed: isSimulated ? speed : undefined,
      atMs: this.#live === undefined ? this.#player?.positionMs : undefined,
      filter,
      status,
      sort,
      selected,
      details,
    };
  }

  async #linkToView(): Promise<{ url: string; note: string }> {
    const link = this.#currentLink();
    const player = this.#player;
    let note = '';
    if (player !== undefined && !(this.#live === undefined && this.#name === '')) {
      link.atMs = player.positionMs;
      link.recording = await packRecording(player.recording);
      link.file = this.#name || 'the saved recording';
      note =
        link.recording === undefined
          ? `The recording is too large for a link: send ${this.#name || 'the recording, saved above,'} along. The link asks for it.`
          : 'The recording is inside the link.';
    } else if (link.source === 'vcenter') {
      note = 'It asks for user and password; there is none in it.';
      if (link.patterns.length === 0 && link.ids.length === 0) {
        note += ` More than ${MOST_IDS} VMs do not fit in: choose them by patterns for a link.`;
      }
    }
    return { url: location.href.replace(/#.*$/, '') + writeLink(link), note };
  }

  /** Not with every frame: browsers limit it. */
  #writeHash(): void {
    this.#hashing ??= window.setTimeout(() => {
      this.#hashing = undefined;
      this.#putHash();
    }, HASH_EVERY_MS);
  }

  #putHash(): void {
    const hash = writeLink(this.#currentLink());
    if (hash !== location.hash) {
      history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
    }
  }

  /** While there is time: for a crash, and for a reload of many VMs. */
  #saveInTime(): void {
    const live = this.#live;
    const run = live !== undefined && live.model.size > SAVED_VMS ? live.save() : undefined;
    if (run === undefined) {
      this.#save();
      return;
    }
    void packRun(run, () => live === this.#live).then((isKept) => {
      if (isKept) {
        this.#packedOf = live;
        this.#save();
      }
    });
  }

  #save(): void {
    this.#putHash();
    const { hash } = location;
    const live = this.#live;
    if (this.#waiting !== undefined) {
      const { run, ...waiting } = this.#waiting;
      saveSession({ ...waiting, hash, ...(run === undefined || waiting.isTooLarge === true ? {} : { run }) });
    } else if (live !== undefined) {
      const isTooLarge = live === this.#packedOf && live.model.size > SAVED_VMS;
      const run = isTooLarge ? undefined : live.save();
      const { address } = live.source;
      const atMs = this.#player?.positionMs ?? this.#rewoundMs;
      saveSession({
        hash,
        kind: 'live',
        address,
        options: live.options,
        ...(isTooLarge ? { isTooLarge } : {}),
        ...(run === undefined ? {} : { run }),
        ...(atMs === undefined ? {} : { atMs }),
      });
    } else if (this.#player !== undefined && this.#size <= LARGEST_KEPT) {
      const { recording, positionMs } = this.#player;
      saveSession({ hash, kind: 'recording', name: this.#name, recording, atMs: positionMs });
    } else if (this.#asks || this.#player !== undefined) {
      // The address asks for the file, or for the log-in.
      forgetSession();
    }
  }

  /** For everybody to see for a while, and for a screen reader to say. */
  #tell(text: string): void {
    const notice = html('notice');
    notice.classList.remove('old');
    setText(notice, text);
    setText(html('error'), '');
    clearTimeout(this.#noticed);
    this.#noticed = window.setTimeout(() => notice.classList.add('old'), NOTICE_MS);
  }

  #fail(text: string): void {
    setText(html('error'), text);
  }
}

let marked = false;
