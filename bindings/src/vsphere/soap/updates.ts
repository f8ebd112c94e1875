/** The head of an answer to `WaitForUpdatesEx`, found without reading the events between its ends. */

/** What stands around the events. */
export interface UpdatesHead {
  readonly version: string;
  readonly truncated: boolean;
}

// Long enough for an envelope with its namespaces, and for the end tags.
const ENDS_BYTES = 2_048;

const NAME = String.raw`(?:[\w.-]+:)?`;
const VERSION = new RegExp(
  String.raw`<${NAME}WaitForUpdatesExResponse\b[^>]*>\s*<${NAME}returnval\b[^>]*>\s*<${NAME}version\b[^>]*>([^<&]+)</`,
);
const END = new RegExp(
  String.raw`</${NAME}filterSet>\s*(?:<${NAME}truncated\b[^>]*>\s*(true|false|1|0)\s*</${NAME}truncated>\s*)?</${NAME}returnval>\s*</${NAME}WaitForUpdatesExResponse>`,
);

/** Undefined for an answer that is written in another way, or is none: it has to be read as a whole. */
export function updatesHead(body: Uint8Array): UpdatesHead | undefined {
  const decoder = new TextDecoder('latin1');
  const version = VERSION.exec(decoder.decode(body.subarray(0, ENDS_BYTES)))?.[1];
  const end = END.exec(decoder.decode(body.subarray(-ENDS_BYTES)));
  if (version === undefined || end === null) {
    return undefined;
  }
  return { version, truncated: end[1] === 'true' || end[1] === '1' };
}
