/** Structured logs: one JSON line an event. Nothing secret is among what is logged. */
import { LOG_LEVELS, type LogLevel } from '../config/log-level.js';
import type { WaitName } from '../messages/names.js';
import { visibleJson } from '../visible.js';

/** What is said of an event. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where events are told. */
export class Log {
  readonly #least: number;
  readonly #write: (line: string) => void;
  readonly #common: LogFields;

  constructor(least: LogLevel, write: (line: string) => void, common: LogFields = {}) {
    this.#least = LOG_LEVELS.indexOf(least);
    this.#write = write;
    this.#common = common;
  }

  debug(event: string, fields?: LogFields): void {
    this.#tell('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#tell('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#tell('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#tell('error', event, fields);
  }

  #tell(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LOG_LEVELS.indexOf(level) >= this.#least) {
      this.#write(`${visibleJson({ time: new Date().toISOString(), level, event, ...this.#common, ...fields })}\n`);
    }
  }
}

/** An error, for a log. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A wait, for a log. */
export function logged({ vcenter, id }: WaitName): LogFields {
  return { vcenter, wait: id };
}
