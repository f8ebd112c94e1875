/** Logging in to a vCenter, and choosing VMs there. */
import type { FoundVm, MonitorOptions } from 'vm-customization';
import { type LiveSource, LOOKBACK_SECONDS, type SourceAddress } from '../sources/source.js';
import { VCenterSession } from '../sources/vcenter.js';
import { button, count, dialog, el, html, input, messageOf, onClick, select, setText } from '../ui/dom.js';
import { addMarkup } from '../ui/trusted.js';
import { chooseLookback } from './options.js';
import { chooseReady, chosenReady } from './ready.js';
import markup from './vcenter.html?raw';
import './dialogs.css';

addMarkup(markup);

/** What is asked beside the VMs. */
type Asked = Pick<MonitorOptions, 'lookbackSeconds' | 'ready'>;
type VCenterAddress = Extract<SourceAddress, { kind: 'vcenter' }>;

/** More than this is found by searching, not by scrolling. */
const MAX_LISTED = 1_000;

export class VCenterDialog {
  readonly #dialog = dialog('vcenter-dialog');
  readonly #logIn = html('log-in') as HTMLFormElement;
  readonly #pick = html('pick') as HTMLFormElement;
  readonly #watch: (source: LiveSource, resumed: boolean, asked?: Asked) => void;
  readonly #chosen = new Set<string>();
  #session: VCenterSession | undefined;
  /** A log-in under way: nobody would see the session of one that was cancelled, nor could end it. */
  #entering: AbortController | undefined;
  /** Something is watched in the session. */
  #used = false;
  #all: readonly FoundVm[] = [];
  #shown: readonly FoundVm[] = [];
  #resume: VCenterAddress | undefined;

  /** @param watch - is told what was asked beside the VMs; of a wait that goes on nothing is */
  constructor(watch: (source: LiveSource, resumed: boolean, asked?: Asked) => void) {
    this.#watch = watch;
    for (const cancel of this.#dialog.querySelectorAll('.cancel')) {
      cancel.addEventListener('click', () => this.#dialog.close());
    }
    this.#dialog.addEventListener('close', () => {
      if (this.#dialog.open) {
        return;
      }
      // By Escape too.
      this.#entering?.abort();
      if (this.#session !== undefined && !this.#used) {
        this.forget();
      }
    });
    this.#logIn.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#enter();
    });
    this.#pick.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#begin();
    });
    onClick('pick-log-out', () => {
      this.forget();
      this.show();
    });
    onClick('pick-all', () => this.#mark(this.#shown, true));
    onClick('pick-none', () => this.#mark(this.#all, false));
    input('search').addEventListener('input', () => this.#list());
    html('vms').addEventListener('change', (event) => {
      const box = event.target as HTMLInputElement;
      this.#choose(box.value, box.checked);
      this.#count();
    });
  }

  /** @param resume - a wait to go on with, once logged in. @param wanted - the VMs of a link */
  show(
    resume = this.#resume,
    wanted?: { readonly patterns: readonly string[]; readonly ids: readonly string[] },
    { lookbackSeconds = LOOKBACK_SECONDS, ready }: Asked = {},
  ): void {
    chooseLookback(select('since'), lookbackSeconds);
    chooseReady(select('pick-ready'), ready);
    this.#resume = resume;
    if (wanted !== undefined) {
      input('patterns').value = wanted.patterns.join(' ');
      this.#mark(
        wanted.ids.map((vm) => ({ vm })),
        true,
      );
    }
    const hint = html('resume-hint');
    hint.hidden = resume === undefined;
    setText(
      hint,
      resume === undefined ? '' : 'What is shown is the last known state: log in again to go on from there.',
    );
    if (resume !== undefined) {
      input('user').value = resume.user;
    }
    this.#setPage(this.#session === undefined ? this.#logIn : this.#pick);
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
    if (this.#session === undefined) {
      input(input('user').value === '' ? 'user' : 'password').focus();
    }
  }

  /** The session ends here; what was watched with it has been stopped. */
  forget(leaving = false): void {
    this.#entering?.abort();
    void this.#session?.close(leaving);
    this.#session = undefined;
    this.#used = false;
    this.#resume = undefined;
    this.#all = [];
    this.#chosen.clear();
  }

  async #enter(): Promise<void> {
    const password = input('password').value;
    input('password').value = '';
    const go = button('log-in-go');
    go.disabled = true;
    setText(html('log-in-problem'), '');
    const entering = new AbortController();
    const { signal } = entering;
    this.#entering = entering;
    let session: VCenterSession | undefined;
    try {
      session = await VCenterSession.logIn(input('user').value, password, signal);
      const resume = this.#resume;
      if (resume !== undefined) {
        if (resume.instanceUuid !== session.instanceUuid) {
          throw new Error(
            `this is another vCenter (${session.name}) than the one watched before: cancel, and begin anew`,
          );
        }
        const source = await (resume.patterns.length > 0
          ? session.watchPatterns(resume.patterns, true)
          : session.watchVms(resume.vms));
        signal.throwIfAborted();
        this.#entering = undefined;
        this.#session = session;
        this.#resume = undefined;
        this.#used = true;
        this.#dialog.close();
        this.#watch(source, true);
        return;
      }
      const all = await session.all();
      signal.throwIfAborted();
      this.#entering = undefined;
      this.#all = all;
      const there = new Set(this.#all.map(({ vm }) => vm));
      for (const vm of this.#chosen) {
        if (!there.has(vm)) {
          this.#chosen.delete(vm);
        }
      }
      this.#session = session;
      setText(html('server'), session.name);
      const { datacenter } = session;
      setText(html('where'), datacenter === undefined ? '' : ` Without a path: those in the datacenter ${datacenter}.`);
      this.#list();
      this.#setPage(this.#pick);
      input('patterns').focus();
    } catch (error) {
      await session?.close();
      if (!signal.aborted) {
        setText(html('log-in-problem'), messageOf(error));
        input('password').focus();
      }
    } finally {
      go.disabled = false;
    }
  }

  async #begin(): Promise<void> {
    const session = this.#session;
    const patterns = input('patterns')
      .value.split(/[\s,]+/)
      .filter(Boolean);
    setText(html('pick-problem'), '');
    if (session === undefined) {
      return;
    }
    try {
      if (patterns.length === 0 && this.#chosen.size === 0) {
        throw new Error('choose VMs in the list, or give a pattern such as *');
      }
      if (patterns.length > 0 && this.#chosen.size > 0) {
        throw new Error('give patterns, or choose VMs in the list, not both');
      }
      const source = await (patterns.length > 0
        ? session.watchPatterns(patterns)
        : session.watchVms(this.#all.filter(({ vm }) => this.#chosen.has(vm))));
      this.#used = true;
      this.#dialog.close();
      this.#watch(source, false, {
        lookbackSeconds: Number(select('since').value),
        ready: chosenReady(select('pick-ready')),
      });
    } catch (error) {
      setText(html('pick-problem'), messageOf(error));
    }
  }

  #setPage(shown: HTMLFormElement): void {
    this.#logIn.hidden = shown !== this.#logIn;
    this.#pick.hidden = shown !== this.#pick;
    setText(html('log-in-problem'), '');
    setText(html('pick-problem'), '');
  }

  #list(): void {
    const search = input('search').value.trim().toLowerCase();
    this.#shown = this.#all.filter(
      ({ name, vm }) => search === '' || name.toLowerCase().includes(search) || vm === search,
    );
    html('vms').replaceChildren(
      ...this.#shown.slice(0, MAX_LISTED).map(({ vm, name }) => {
        const box = el('input', { type: 'checkbox', value: vm });
        box.checked = this.#chosen.has(vm);
        return el('li', {}, el('label', {}, box, el('bdi', {}, name), el('small', {}, vm)));
      }),
    );
    this.#count();
  }

  #mark(vms: readonly { readonly vm: string }[], chosen: boolean): void {
    for (const { vm } of vms) {
      this.#choose(vm, chosen);
    }
    this.#list();
  }

  #choose(vm: string, chosen: boolean): void {
    if (chosen) {
      this.#chosen.add(vm);
    } else {
      this.#chosen.delete(vm);
    }
  }

  #count(): void {
    const rest = this.#shown.length - MAX_LISTED;
    const more = rest > 0 ? `, ${MAX_LISTED} listed: search for the others` : '';
    setText(
      html('picked'),
      `${this.#chosen.size} chosen; ${this.#shown.length} of ${count(this.#all.length, 'VM')}${more}`,
    );
  }
}
