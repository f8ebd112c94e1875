import type { VmRow } from '../types.js';
import { type Deferred, deferred } from '../util/deferred.js';
import { Backlog } from './backlog.js';

/** How many rows of VMs that came and went a loop may fall behind. */
const MORE_ROWS = 1_024;

/** The VMs that are done, each once with its row of that moment. */
export class Conclusions {
  readonly #backlog = new Backlog<VmRow>();
  readonly #rows = new Map<string, VmRow>();
  readonly #waiters = new Map<string, Deferred>();
  /** How many VMs were watched at once. */
  #most = 0;

  /** A VM is done. What is said of it after the first time changes nothing. */
  add(row: VmRow, vmCount: number): void {
    this.#most = Math.max(this.#most, vmCount);
    if (!this.#rows.has(row.vm)) {
      this.#rows.set(row.vm, row);
      this.#backlog.push(row, this.#most + MORE_ROWS);
      this.#wake(row.vm);
    }
  }

  /** These VMs are watched: others are forgotten, and whoever waits for one of those is woken. */
  watched(vms: ReadonlySet<string>): void {
    for (const vm of this.#rows.keys()) {
      if (!vms.has(vm)) {
        this.#rows.delete(vm);
      }
    }
    for (const vm of this.#waiters.keys()) {
      if (!vms.has(vm)) {
        this.#wake(vm);
      }
    }
  }

  /** The wait is over, and everyone who waits is woken. */
  close(): void {
    this.#backlog.close();
    for (const vm of this.#waiters.keys()) {
      this.#wake(vm);
    }
  }

  /** All of them as they come. @param over - as of {@link Backlog.read} */
  read(over: () => Promise<unknown>): AsyncIterable<VmRow> {
    return this.#backlog.read(over);
  }

  /** The row with which a VM was done; undefined while it is waited for. */
  row(vm: string): VmRow | undefined {
    return this.#rows.get(vm);
  }

  /** Resolves when a VM is done, is watched no more, or the wait is over. */
  change(vm: string): Promise<void> {
    const waiter = this.#waiters.get(vm) ?? deferred();
    this.#waiters.set(vm, waiter);
    return waiter.promise;
  }

  #wake(vm: string): void {
    this.#waiters.get(vm)?.resolve();
    this.#waiters.delete(vm);
  }
}
