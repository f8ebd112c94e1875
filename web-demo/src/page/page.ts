/** The page: one thing is shown at a time, and everything around the element follows from it. */
import type { MonitorOptions } from 'vm-customization';
import { RunModel, type VmCustomizationStatusElement } from 'vm-customization/element';
import { OpenFile } from '../dialogs/open-file.js';
import { optionsDialog } from '../dialogs/options.js';
import { saveDialog } from '../dialogs/save.js';
import type { VCenterDialog } from '../dialogs/vcenter.js';
import { LiveRun, showSaved } from '../run/live-run.js';
import { Player } from '../run/player.js';
import { ViewedRun } from '../run/viewed-run.js';
import { type Offered, readFiles } from '../sources/files.js';
import { served } from '../sources/served.js';
import { simulatedAddress, simulatedRecording, simulatedSource } from '../sources/simulated.js';
import { ENDLESS, type LiveSource } from '../sources/source.js';
import { button, html, messageOf, onClick, select } from '../ui/dom.js';
import { fail, tell } from '../ui/notice.js';
import { Wall } from '../wall/wall.js';
import { type Link, MOST_IDS, packRecording, readLink, unpackRecording, writeLink } from './address.js';
import { AddressBar } from './address-bar.js';
import { Keeper } from './keeper.js';
import { Overview } from './overview.js';
import { PlayerBar } from './player-bar.js';
import { type LiveSession, readSession, type Session } from './reload.js';
import {
  freshnessOf,
  headOf,
  modelOf,
  playerOf,
  recordingNote,
  recordingOf,
  resumable,
  runOf,
  type Shown,
  shownReport,
  sourceOf,
} from './shown.js';
import { drawBand, drawStatusLine } from './status-line.js';
import { setUpTheme } from './theme.js';

/** Between two savings for a crash; a reload saves by itself. */
const SAVE_EVERY_MS = 30_000;
/** How old what is shown is, is said by the second. */
const DRAW_STATE_EVERY_MS = 1_000;
/** Between two tries to go on with a source that has failed for good: a proxy may be back by then. */
const RETRY_MS = 60_000;

/** What was customized today is to be seen there, however late the screen was set up. */
const WALL_LOOKBACK_SECONDS = 86_400;

export class Page {
  readonly #view = html('view') as VmCustomizationStatusElement;
  readonly #overview = new Overview();
  readonly #setTheme: (theme: string) => void;
  readonly #bar: PlayerBar;
  readonly #file: OpenFile;
  /** It comes when somebody wants to log in. */
  #vcenter: VCenterDialog | undefined;
  readonly #wall: Wall;
  readonly #address = new AddressBar(() => this.#currentLink());
  readonly #keeper = new Keeper();
  readonly #served = served();
  #shown: Shown = { kind: 'nothing', model: new RunModel() };
  /** What the address says beyond what is shown, and the user's options. */
  #link: Link;

  constructor() {
    this.#link = readLink(location.hash, this.#served);
    this.#setTheme = setUpTheme(() => {
      this.#link.theme = select('theme').value;
      this.#address.write();
    });
    this.#setTheme(this.#link.theme);
    this.#bar = new PlayerBar({
      moved: (atMs) => {
        this.#view.cursor = atMs;
        this.#address.write();
      },
      backToLive: () => {
        this.#backToLive();
        button('rewind').focus();
      },
    });
    this.#file = new OpenFile((offered, atMs) => this.#openRecording(offered, atMs));
    optionsDialog(
      () => runOf(this.#shown)?.options ?? this.#link.options,
      (options) => {
        this.#link.options = options;
        this.#startAgain();
      },
    );
    saveDialog(() => ({
      recording: () => recordingOf(this.#shown),
      report: () => shownReport(this.#shown),
      recordingNote: recordingNote(this.#shown),
      link: () => this.#linkToView(),
    }));
    this.#wall = new Wall({
      entered: () => this.#enteredWall(),
      left: () => this.#leftWall(),
      titled: (words) => {
        this.#overview.words = words;
      },
    });
    this.#setUpButtons();
    this.#view.addEventListener('viewchange', () => this.#viewChanged());
    this.#listenToWindow();
  }

  /** Opens what the address says, or goes on where this tab was before a reload. */
  async open(isReloaded: boolean): Promise<void> {
    const session = await readSession(location.hash, isReloaded);
    const link = readLink(session?.hash ?? location.hash, this.#served);
    this.#link = link;
    const view = this.#view;
    view.filter = link.filter;
    view.status = link.status as typeof view.status;
    view.sort = link.sort;
    view.selected = link.selected;
    view.details = link.details;
    this.#wall.set(link.wall);
    this.#setTheme(link.theme);
    try {
      if (session === undefined) {
        await this.#openLink(link);
      } else {
        this.#reopen(session);
      }
    } catch (error) {
      fail(messageOf(error));
      if (this.#shown.kind === 'nothing') {
        this.#watch(simulatedSource(simulatedAddress()));
      }
    }
  }

  async #openLink(link: Link): Promise<void> {
    const { recording, file, atMs } = link;
    if (recording !== undefined) {
      const text = await unpackRecording(recording);
      const [offered] = await readFiles([{ name: file ?? 'the recording in the link', blob: new Blob([text]) }]);
      if (offered !== undefined) {
        this.#openRecording(offered, atMs);
        // The address goes on being one that opens it.
        this.#link.recording = recording;
      }
      return;
    }
    if (link.source === 'simulated' && atMs !== undefined) {
      const player = new Player(simulatedRecording(link.vms ?? 8));
      player.seek(atMs);
      this.#show({ kind: 'simulated', player });
      return;
    }
    if (this.#served.kind === 'shared' && link.source === 'shared') {
      const view = new ViewedRun(this.#served.host);
      view.addEventListener('state', () => this.#drawState());
      this.#show({ kind: 'viewed', view });
      return;
    }
    if (link.source === 'vcenter') {
      // Nothing else is shown meanwhile: it would be taken for that vCenter's.
      this.#show({ kind: 'asked', model: new RunModel() });
      this.#logIn(undefined, link);
      return;
    }
    // Behind a dialog there is something to see as well.
    this.#watchSimulated();
    if (file !== undefined) {
      this.#file.show({ file, atMs });
    }
  }

  #reopen(session: Session): void {
    if (session.kind === 'recording') {
      if (session.name === '') {
        const player = new Player(session.recording);
        player.seek(session.atMs);
        this.#show({ kind: 'simulated', player });
      } else {
        this.#openRecording(session, session.atMs);
      }
      return;
    }
    const { address, run } = session;
    if (address.kind === 'simulated') {
      this.#watch(simulatedSource(address), session.options, session);
      return;
    }
    const model = new RunModel();
    if (run !== undefined) {
      showSaved(model, run);
    } else if (session.isTooLarge === true) {
      // No row rather than a wrong one.
      fail('What was shown is too large to be kept over a reload: log in, and it is read anew');
    } else {
      model.setVms(address.vms);
    }
    this.#show({ kind: 'saved', model, session });
    this.#logIn(address);
  }

  #watchSimulated(): void {
    const { vms, speed } = this.#link;
    this.#watch(
      simulatedSource(
        simulatedAddress({
          loop: this.#wall.isOn,
          ...(vms === undefined ? {} : { vms: Math.floor(vms) }),
          ...(speed === undefined ? {} : { speed }),
        }),
      ),
    );
  }

  #watch(source: LiveSource, options = this.#chosenOptions(), session?: LiveSession): void {
    const saved = session?.run;
    const run = new LiveRun(source, options, saved);
    this.#keeper.begin(run, saved !== undefined);
    const { patterns, vms } = source.address.kind === 'vcenter' ? source.address : { patterns: [], vms: [] };
    this.#link.patterns = patterns;
    this.#link.ids = patterns.length > 0 || vms.length > MOST_IDS ? [] : vms.map(({ vm }) => vm);
    let isFullTold = false;
    run.addEventListener('state', () => {
      const { kind } = this.#shown;
      if (runOf(this.#shown) !== run) {
        return;
      }
      this.#drawState();
      if (run.state === 'lost' && !run.needsLogIn) {
        this.#retry(run);
      }
      if (run.fullAtMs !== undefined && !isFullTold) {
        isFullTold = true;
        tell(recordingNote(this.#shown));
      }
      if (kind === 'live' && this.#shown.rewindToMs !== undefined && run.state !== 'opening') {
        const { rewindToMs } = this.#shown;
        this.#shown = { kind, run };
        this.#rewind(rewindToMs);
      }
    });
    // Without the run there is nothing to go back in.
    this.#show({ kind: 'live', run, rewindToMs: saved === undefined ? undefined : session?.atMs });
  }

  #chosenOptions(): MonitorOptions {
    return this.#wall.isOn
      ? { lookbackSeconds: WALL_LOOKBACK_SECONDS, ...this.#link.options, ...ENDLESS }
      : this.#link.options;
  }

  /** @throws WireError; what was shown before stays */
  #openRecording({ name, recording, size = 0 }: Offered, atMs?: number): void {
    const player = new Player(recording);
    player.seek(atMs ?? 0);
    this.#show({ kind: 'recording', player, name, bytes: size });
    if (atMs === undefined) {
      player.play();
    }
    tell(`Opened ${name}`);
  }

  #rewind(atMs = Number.POSITIVE_INFINITY): void {
    const run = runOf(this.#shown);
    const recording = run?.recording();
    if (run === undefined || recording === undefined) {
      tell(recordingNote(this.#shown));
      return;
    }
    const endMs = Math.min(run.model.nowMs, run.fullAtMs ?? Number.POSITIVE_INFINITY);
    const player = new Player(recording, endMs);
    player.seek(Math.min(atMs, endMs));
    this.#show({ kind: 'rewound', run, player });
    tell(recordingNote(this.#shown) || 'Rewound: the wait goes on meanwhile');
  }

  #backToLive(): void {
    const run = runOf(this.#shown);
    if (run === undefined) {
      this.#watchSimulated();
    } else {
      this.#show({ kind: 'live', run });
    }
  }

  #startAgain(): void {
    const source = runOf(this.#shown)?.source;
    if (source === undefined || source.address.kind === 'simulated') {
      this.#watchSimulated();
    } else {
      // The session stays; only the wait begins anew.
      this.#watch(source);
    }
  }

  #logIn(...shown: Parameters<VCenterDialog['show']>): void {
    import('../dialogs/vcenter.js').then(
      ({ VCenterDialog }) => {
        this.#vcenter ??= new VCenterDialog((source, isResumed) => {
          const session = isResumed ? resumable(this.#shown) : undefined;
          if (session === undefined) {
            this.#watch(source);
          } else {
            this.#watch(source, session.options, session);
          }
          tell(`Watching ${source.title}`);
        });
        this.#vcenter.show(...shown);
      },
      (error: unknown) => fail(messageOf(error)),
    );
  }

  #logInAgain(): void {
    const address = resumable(this.#shown)?.address;
    if (address?.kind === 'vcenter') {
      // The session that is refused makes room for the next.
      this.#vcenter?.forget();
      this.#logIn(address);
    } else {
      this.#logIn(undefined, this.#link);
    }
  }

  /** Shows something else, and ends what it takes the place of. */
  #show(next: Shown): void {
    const before = this.#shown;
    this.#shown = next;
    const [player, run] = [playerOf(next), runOf(next)];
    if (playerOf(before) !== player) {
      playerOf(before)?.dispose();
      this.#link.atMs = undefined;
      this.#link.recording = undefined;
    }
    if (before.kind === 'viewed') {
      before.view.stop();
    }
    this.#link.source = sourceOf(next);
    if (run === undefined || run !== runOf(before)) {
      const isSession = run?.source.address.kind === 'vcenter';
      void runOf(before)?.stop(sourceOf(before) === 'vcenter' && !isSession);
      if (!isSession) {
        this.#vcenter?.forget();
      }
    }
    if (player === undefined) {
      this.#view.cursor = null;
    }
    this.#view.model = modelOf(next);
    this.#overview.show(modelOf(next));
    this.#bar.show(player, next.kind === 'rewound' || next.kind === 'simulated');
    this.#drawState();
    this.#address.write();
  }

  #drawState(): void {
    const shown = this.#shown;
    drawStatusLine(shown);
    drawBand(shown);
    const freshness = freshnessOf(shown);
    this.#wall.show(modelOf(shown), { ...headOf(shown, navigator.onLine), freshness });
    this.#overview.notice = freshness.kind === 'stale' && freshness.forMs !== null ? 'vCenter not readable' : '';
  }

  /** Goes on with the rows of a run whose source has failed for good, once it may work again. */
  #retry(run: LiveRun): void {
    setTimeout(() => {
      if (runOf(this.#shown) !== run) {
        return;
      }
      const session = resumable(this.#shown);
      if (this.#shown.kind === 'live' && session !== undefined) {
        this.#watch(run.source, run.options, session);
      } else {
        this.#retry(run);
      }
    }, RETRY_MS);
  }

  #setUpButtons(): void {
    onClick('open-vcenter', () => this.#logIn());
    onClick('band-log-in', () => this.#logInAgain());
    onClick('open-simulated', () => this.#watchSimulated());
    onClick('again', () => this.#startAgain());
    onClick('rewind', () => {
      this.#rewind();
      html('position').focus();
    });
    onClick('log-out', () => {
      this.#watchSimulated();
      this.#logIn();
      tell('Logged out');
    });
  }

  #enteredWall(): void {
    if (this.#shown.kind === 'rewound' || this.#shown.kind === 'simulated') {
      this.#backToLive();
    }
    const run = runOf(this.#shown);
    const wanted = { ...run?.source.options, ...this.#chosenOptions() };
    const isAsWanted = (['attempts', 'timeoutSeconds', 'waitForPowerOn', 'lookbackSeconds'] as const).every(
      (name) => run?.options[name] === wanted[name],
    );
    if (run !== undefined && !isAsWanted) {
      this.#startAgain();
    }
    this.#address.write();
  }

  #leftWall(): void {
    // The run goes on as it is, and the address goes on saying how.
    this.#link.options = runOf(this.#shown)?.options ?? this.#link.options;
    this.#address.write();
  }

  #listenToWindow(): void {
    addEventListener('hashchange', () => void this.open(false));
    addEventListener('pagehide', ({ persisted }) => {
      this.#save();
      if (!persisted) {
        // A reload asks for the password again.
        this.#vcenter?.forget(true);
      }
    });
    const saveInTime = (): void =>
      this.#keeper.saveInTime(
        () => this.#shown,
        () => this.#save(),
      );
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        saveInTime();
      }
    });
    setInterval(saveInTime, SAVE_EVERY_MS);
    for (const type of ['online', 'offline']) {
      addEventListener(type, () => this.#drawState());
    }
    setInterval(() => this.#drawState(), DRAW_STATE_EVERY_MS);
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) {
        fail('');
      }
    });
  }

  #viewChanged(): void {
    const { cursor } = this.#view;
    const player = playerOf(this.#shown);
    // The cursor is the position in time, wherever the user moves it.
    if (player !== undefined && cursor !== null && Math.abs(cursor - player.positionMs) > 1) {
      player.pause();
      player.seek(cursor);
    }
    this.#address.write();
  }

  /** The view as it stands, without the recording. */
  #currentLink(): Link {
    const { filter, status, sort, selected, details } = this.#view;
    const shown = this.#shown;
    const isSimulated = sourceOf(shown) === 'simulated';
    return {
      ...this.#link,
      wall: this.#wall.isOn,
      file: shown.kind === 'recording' ? shown.name || undefined : undefined,
      vms: isSimulated ? this.#link.vms : undefined,
      speed: isSimulated ? this.#link.speed : undefined,
      atMs: shown.kind === 'recording' || shown.kind === 'simulated' ? shown.player.positionMs : undefined,
      filter,
      status,
      sort,
      selected,
      details,
    };
  }

  async #linkToView(): Promise<{ url: string; note: string }> {
    const link = this.#currentLink();
    const shown = this.#shown;
    let note = '';
    if (shown.kind === 'rewound' || shown.kind === 'recording') {
      const name = shown.kind === 'recording' ? shown.name : '';
      link.atMs = shown.player.positionMs;
      link.recording = await packRecording(shown.player.recording);
      link.file = name || 'the saved recording';
      note =
        link.recording === undefined
          ? `The recording is too large for a link: send ${name || 'the recording, saved above,'} along. The link asks for it.`
          : 'The recording is inside the link.';
    } else if (link.source === 'vcenter') {
      note = 'It asks for user and password; there is none in it.';
      if (link.patterns.length === 0 && link.ids.length === 0) {
        note += ` More than ${MOST_IDS} VMs do not fit in: choose them by patterns for a link.`;
      }
    }
    return { url: location.href.replace(/#.*$/, '') + writeLink(link), note };
  }

  #save(): void {
    this.#address.writeNow();
    this.#keeper.save(this.#shown, location.hash);
  }
}
