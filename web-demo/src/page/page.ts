/** The page: one thing is shown at a time, and everything around the element follows from it. */
import type { MonitorOptions, Recording } from 'vm-customization';
import { RunModel, type VmCustomizationStatusElement } from 'vm-customization/element';
import { FileDialog } from '../dialogs/given-files.js';
import type { VCenterDialog } from '../dialogs/vcenter.js';
import { LiveRun, showSaved } from '../run/live-run.js';
import type { Player } from '../run/player.js';
import { packRecording, unpackRecording } from '../sources/recording-link.js';
import { recordingText } from '../sources/recording-text.js';
import { prepareRemotePlayback, type RemotePlayback, remotePlayback } from '../sources/remote-playback.js';
import { served } from '../sources/served.js';
import { simulatedAddress, simulatedRecording, simulatedSource } from '../sources/simulated.js';
import { ENDLESS, type LiveSource, LONGEST_LOOKBACK_SECONDS, LOOKBACK_SECONDS } from '../sources/source.js';
import { button, el, html, messageOf, onClick, select } from '../ui/dom.js';
import { fail, tell } from '../ui/notice.js';
import { giveUpOpening, opening } from '../ui/opening.js';
import { Wall } from '../wall/wall.js';
import { type Link, MOST_IDS, readLink, writeLink } from './address.js';
import { AddressBar } from './address-bar.js';
import { setUpAnnounce, setUpMenus } from './header.js';
import { Keeper } from './keeper.js';
import { Overview } from './overview.js';
import type { PlayerBar } from './player-bar.js';
import { type LiveSession, readSession, type Session } from './reload.js';
import {
  freshnessOf,
  hasRecording,
  hasReport,
  headOf,
  modelOf,
  playerOf,
  recordingNote,
  recordingOf,
  reportOf,
  resumable,
  runOf,
  type Shown,
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

/** What comes with the click that needs it. */
const LATER = {
  player: () => import('../run/player.js'),
  playerBar: () => import('./player-bar.js'),
  log: () => import('./log.js'),
  evidence: () => import('./evidence.js'),
  start: () => import('./start.js'),
  file: () => import('../dialogs/open-file.js'),
  options: () => import('../dialogs/options.js'),
  save: () => import('../dialogs/save.js'),
};

/** Loads all of it, so that a click does not need the network. */
export function loadDialogs(): void {
  prepareRemotePlayback();
  for (const load of Object.values(LATER)) {
    load().catch(() => undefined);
  }
}

export class Page {
  readonly #view = html('view') as VmCustomizationStatusElement;
  readonly #clientLink = el(
    'a',
    { slot: 'details-actions', target: '_blank', rel: 'noopener noreferrer' },
    'Open in vSphere Client ↗',
  );
  readonly #overview = new Overview(LATER.log);
  readonly #setTheme: (theme: string) => void;
  /** It comes with the first player. */
  #bar: PlayerBar | undefined;
  readonly #file: FileDialog;
  /** It comes when somebody wants to log in. */
  #vcenter: VCenterDialog | undefined;
  readonly #wall: Wall;
  readonly #address = new AddressBar(() => writeLink(this.#currentLink(), this.#served));
  readonly #keeper = new Keeper();
  readonly #served = served();
  /** The vCenter behind the server of this page, by the name of its host; empty where the server does not say it. */
  readonly #host = this.#served.kind === 'nothing' ? '' : this.#served.host;
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
    this.#file = new FileDialog(LATER.file, async ({ remote, index, name }, atMs) =>
      this.#showRecording(await this.#newPlayer(remote, index, atMs ?? 0), name, atMs === undefined),
    );
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
  async open(isReloaded: boolean, hash = location.hash): Promise<void> {
    giveUpOpening();
    const session = await readSession(hash, isReloaded);
    const link = readLink(session?.hash ?? hash, this.#served);
    this.#link = link;
    const view = this.#view;
    view.filter = link.filter;
    view.status = link.status as typeof view.status;
    view.sort = link.sort;
    view.selected = link.selected;
    view.details = link.details;
    view.time = link.time;
    view.range = link.range;
    this.#wall.set(link.wall);
    this.#setTheme(link.theme);
    try {
      if (session === undefined) {
        await this.#openLink(link);
      } else {
        await this.#reopen(session);
      }
    } catch (error) {
      fail(messageOf(error));
    }
    if (this.#shown.kind === 'nothing') {
      this.#offerChoice(true);
    }
  }

  async #openLink(link: Link): Promise<void> {
    const { recording, file, atMs } = link;
    if (recording !== undefined) {
      const name = file ?? 'the recording in the link';
      const player = await this.#playerOf(name, await unpackRecording(recording), atMs ?? 0);
      if (player !== undefined) {
        this.#showRecording(player, name, atMs === undefined);
        // The address goes on being one that opens it.
        this.#link.recording = recording;
      }
      return;
    }
    if (link.source === 'simulated' && atMs !== undefined) {
      const player = await this.#playerOf('the demo', simulatedRecording(link.vms ?? 8), atMs);
      if (player !== undefined) {
        this.#show({ kind: 'simulated', player });
      }
      return;
    }
    if (this.#served.kind === 'shared' && link.source === 'shared') {
      const { ViewedRun } = await import('../run/viewed-run.js');
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
    if (link.source === 'simulated') {
      this.#watchSimulated();
      return;
    }
    this.#show({ kind: 'nothing', model: new RunModel() });
    if (file !== undefined) {
      this.#file.show({ file, atMs });
    }
  }

  async #reopen(session: Session): Promise<void> {
    if (session.kind === 'recording') {
      const { name, recording, atMs } = session;
      const player = await this.#playerOf(name || 'the demo', recording, atMs);
      if (player !== undefined) {
        if (name === '') {
          this.#show({ kind: 'simulated', player });
        } else {
          this.#showRecording(player, name, false);
        }
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
    giveUpOpening();
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
        void this.#rewind(rewindToMs);
      }
    });
    // Without the run there is nothing to go back in.
    this.#show({ kind: 'live', run, rewindToMs: saved === undefined ? undefined : session?.atMs });
  }

  #chosenOptions(): MonitorOptions {
    return this.#wall.isOn
      ? { lookbackSeconds: LOOKBACK_SECONDS, ...this.#link.options, ...ENDLESS }
      : this.#link.options;
  }

  /**
   * Plays what the page has the text of, or can write; undefined where that was given up.
   * @param endMs - what was recorded so far of a run that goes on
   * @throws Error; what was shown before stays
   */
  async #playerOf(
    name: string,
    recording: Recording | string,
    atMs: number,
    endMs?: number,
  ): Promise<Player | undefined> {
    return opening(name, async (signal, onProgress) => {
      const remote = remotePlayback(signal);
      try {
        const blob = typeof recording === 'string' ? new Blob([recording]) : await recordingText(recording);
        await remote.read([{ name, blob }], onProgress);
        return await this.#newPlayer(remote, 0, atMs, endMs);
      } catch (error) {
        remote.close();
        throw error;
      }
    });
  }

  /** Opens one of the recordings that were read, at this position. @throws Error; what was shown before stays */
  async #newPlayer(remote: RemotePlayback, index: number, atMs: number, endMs?: number): Promise<Player> {
    const [{ Player }, { PlayerBar }] = await Promise.all([LATER.player(), LATER.playerBar()]);
    this.#bar ??= new PlayerBar({
      moved: (atMs) => {
        this.#view.cursor = atMs;
        this.#address.write();
      },
      backToLive: () => {
        this.#backToLive();
        button('rewind').focus();
      },
    });
    const player = new Player(remote, await remote.open(index), endMs);
    player.addEventListener('error', (event) => fail((event as ErrorEvent).message));
    await player.seek(atMs);
    return player;
  }

  #showRecording(player: Player, name: string, plays: boolean): void {
    this.#show({ kind: 'recording', player, name });
    if (plays) {
      player.play();
    }
    tell(`Opened ${name}`);
  }

  async #rewind(atMs = Number.POSITIVE_INFINITY): Promise<void> {
    const run = runOf(this.#shown);
    const recording = run?.recording();
    if (run === undefined || recording === undefined) {
      tell(recordingNote(this.#shown));
      return;
    }
    const endMs = Math.min(run.model.nowMs, run.fullAtMs ?? Number.POSITIVE_INFINITY);
    try {
      const player = await this.#playerOf('what was recorded', recording, Math.min(atMs, endMs), endMs);
      if (player === undefined || runOf(this.#shown) !== run) {
        player?.dispose();
        return;
      }
      this.#show({ kind: 'rewound', run, player });
      tell(recordingNote(this.#shown) || 'Rewound: the wait goes on meanwhile');
    } catch (error) {
      fail(messageOf(error));
    }
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
        this.#vcenter ??= new VCenterDialog((source, isResumed, asked) => {
          giveUpOpening();
          const session = isResumed ? resumable(this.#shown) : undefined;
          if (session === undefined) {
            this.#link.options = { ...this.#link.options, ...asked };
            this.#watch(source);
          } else {
            this.#watch(source, session.options, session);
          }
          tell(`Watching ${source.title}`);
        });
        const [resume, wanted] = shown;
        this.#vcenter.show(resume, wanted, this.#link.options);
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
    const lookback = run?.source.address.kind === 'vcenter' ? (run.options.lookbackSeconds ?? null) : null;
    this.#view.lookback = lookback !== null && lookback < LONGEST_LOOKBACK_SECONDS ? LONGEST_LOOKBACK_SECONDS : null;
    this.#offerChoice(next.kind === 'nothing');
    if (next.kind === 'nothing') {
      this.#keeper.forget();
    }
    this.#view.model = modelOf(next);
    this.#overview.show(modelOf(next));
    this.#bar?.show(player, next.kind === 'rewound' || next.kind === 'simulated');
    this.#drawState();
    this.#drawClientLink();
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

  /** Shows what there is to choose from, or what was chosen. */
  #offerChoice(isShown: boolean): void {
    document.documentElement.classList.toggle('start', isShown);
    if (isShown) {
      const choices = {
        vcenter: () => this.#logIn(),
        file: () => this.#file.show(),
        demo: () => this.#watchSimulated(),
      };
      LATER.start().then(
        ({ addStart }) => addStart(choices, this.#host),
        (error: unknown) => fail(messageOf(error)),
      );
    }
  }

  #setUpButtons(): void {
    onClick('open-vcenter', () => this.#logIn());
    onClick('band-log-in', () => this.#logInAgain());
    onClick('open-simulated', () => this.#watchSimulated());
    onClick('open-file', () => this.#file.show());
    onClick('open-options', () => this.#showOptions());
    onClick('open-save', () => this.#showSave());
    onClick('copy-evidence', () => void this.#copyEvidence());
    onClick('again', () => this.#startAgain());
    onClick('rewind', async () => {
      await this.#rewind();
      html('position').focus();
    });
    onClick('log-out', () => {
      Object.assign(this.#link, { patterns: [], ids: [] });
      this.#show({ kind: 'nothing', model: new RunModel() });
      // A reload has no more of it than the address.
      this.#address.writeNow();
      this.#logIn();
      tell('Logged out');
    });
    setUpMenus();
    setUpAnnounce(this.#view);
    this.#view.addEventListener('lookback', ({ detail }) => {
      this.#link.options = { ...runOf(this.#shown)?.options, lookbackSeconds: detail };
      this.#startAgain();
    });
  }

  #showOptions(): void {
    const options = runOf(this.#shown)?.options ?? this.#link.options;
    LATER.options().then(
      ({ showOptions }) =>
        showOptions(options, (chosen) => {
          this.#link.options = chosen;
          this.#startAgain();
        }),
      (error: unknown) => fail(messageOf(error)),
    );
  }

  #showSave(): void {
    LATER.save().then(
      ({ showSave }) =>
        showSave({
          hasRecording: hasRecording(this.#shown),
          hasReport: hasReport(this.#shown),
          startedAt: modelOf(this.#shown).startedAt,
          recording: () => recordingOf(this.#shown),
          report: (format) => reportOf(this.#shown, format),
          recordingNote: recordingNote(this.#shown),
          link: () => this.#linkToView(),
        }),
      (error: unknown) => fail(messageOf(error)),
    );
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
    // By now the address may say again what is shown.
    addEventListener('hashchange', ({ newURL }) => void this.open(false, new URL(newURL).hash));
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
      void player.seek(cursor);
    }
    this.#drawClientLink();
    this.#address.write();
  }

  /** The selected VM in the vSphere Client of its vCenter, where one knows which that is. */
  #drawClientLink(): void {
    const address = runOf(this.#shown)?.source.address;
    const uuid = address?.kind === 'vcenter' ? address.instanceUuid : undefined;
    if (uuid === undefined || this.#host === '') {
      this.#clientLink.remove();
      return;
    }
    const urn = `urn:vmomi:VirtualMachine:${this.#view.selected}:${uuid}`;
    this.#clientLink.href = `https://${this.#host}/ui/app/vm;nav=v/${encodeURI(urn)}/monitor`;
    this.#view.append(this.#clientLink);
  }

  /** The view as it stands, without the recording. */
  #currentLink(): Link {
    const { filter, status, sort, selected, details, time, range } = this.#view;
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
      time,
      range,
    };
  }

  /** A link to the VM in the details, with what is known of it inside. */
  async #copyEvidence(): Promise<void> {
    const { copyEvidence } = await LATER.evidence();
    const model = modelOf(this.#shown);
    const [link, note] = [this.#currentLink(), recordingNote(this.#shown)];
    try {
      await copyEvidence(link, await recordingOf(this.#shown), model, note, writeLink);
    } catch (error) {
      fail(messageOf(error));
    }
  }

  async #linkToView(): Promise<{ url: string; note: string }> {
    const link = this.#currentLink();
    const shown = this.#shown;
    let note = '';
    if (shown.kind === 'rewound' || shown.kind === 'recording') {
      const name = shown.kind === 'recording' ? shown.name : '';
      link.atMs = shown.player.positionMs;
      const { recordingText } = shown.player;
      link.recording = recordingText && (await packRecording(recordingText));
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
    return { url: location.href.replace(/#.*$/, '') + writeLink(link, this.#served), note };
  }

  #save(): void {
    this.#address.writeNow();
    this.#keeper.save(this.#shown, location.hash);
  }
}
