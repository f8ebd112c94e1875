/**
 * Brings the WebAssembly core to life, once per process or page. Each entry of the package first says where the core's
 * bytes are (`provideSync`, `provideAsync`; the external entry has none); everything else calls `core()`.
 */
import {
  eventKeys,
  itemsToJson,
  limits,
  RawMonitor,
  RawPlayback,
  recordingEvents,
  recordingHead,
  recordingStep,
  replay,
  soapTree,
  summarizeEvents,
} from '../../../generated/core_bg.js';
import { InitError, NotInitializedError } from '../../errors.js';
import type { CoreModule } from './core-module.js';
import { startCore } from './glue.js';
import { checkSource, type InitSource, moduleFrom } from './source.js';

export type { InitSource } from './source.js';

type Provider =
  | { kind: 'sync'; start: () => void }
  | { kind: 'async'; bytes: () => Promise<BufferSource> }
  | { kind: 'nothing' };

// The hand-written interface is what the rest is compiled against; this line fails to compile when the glue differs. Each
// by name: bundlers leave out the rest of the glue.
const module: CoreModule = {
  RawMonitor,
  RawPlayback,
  replay,
  recordingHead,
  recordingEvents,
  recordingStep,
  limits,
  eventKeys,
  itemsToJson,
  summarizeEvents,
  soapTree,
};

let provider: Provider = { kind: 'nothing' };
let ready = false;
let pending: Promise<void> | undefined;

/**
 * For an entry that can start the core at its first use, as that for Node does: `init` has nothing left to do.
 * @internal
 */
export function provideSync(start: () => void): void {
  provider = { kind: 'sync', start };
}

/**
 * For an entry that has the bytes but not at once: `init()` fetches them.
 * @internal
 */
export function provideAsync(bytes: () => Promise<BufferSource>): void {
  provider = { kind: 'async', bytes };
}

/**
 * Loads the core. Needed once before anything else in a browser; in Node the core is there without it.
 *
 * Calls while one is under way share its result; calls after a success do nothing; after a failure the next call tries
 * again.
 *
 * @param source - where the core is, when it is not to be the copy inside the package: a URL, a `Response`, bytes, a
 *   compiled `WebAssembly.Module`, or a promise of one of these
 * @throws {@link InitError} when the core cannot be fetched, compiled or started
 */
export async function init(source?: InitSource | PromiseLike<InitSource>): Promise<void> {
  if (source !== undefined && !isPromise(source)) {
    checkSource(source);
  }
  if (ready || provider.kind === 'sync') {
    return;
  }
  pending ??= start(source).finally(() => {
    pending = undefined;
  });
  return pending;
}

/**
 * The initialised core.
 * @internal
 */
export function core(): CoreModule {
  if (!ready) {
    if (provider.kind !== 'sync') {
      const call = provider.kind === 'async' ? 'await init()' : 'await init(source), with the URL of core.wasm,';
      throw new NotInitializedError(`the core of vm-customization is not loaded yet: call \`${call}\` first`);
    }
    provider.start();
    ready = true;
  }
  return module;
}

async function start(source: InitSource | PromiseLike<InitSource> | undefined): Promise<void> {
  const compiled = await moduleFrom(source === undefined ? await embedded() : await settled(source));
  try {
    await startCore(compiled);
  } catch (cause) {
    throw new InitError(
      'the core of vm-customization could not be started: is core.wasm of the same version as the package?',
      { cause },
    );
  }
  ready = true;
}

function isPromise(source: unknown): boolean {
  return typeof (source as { readonly then?: unknown } | null)?.then === 'function';
}

async function settled(source: InitSource | PromiseLike<InitSource>): Promise<InitSource> {
  let found: InitSource;
  try {
    found = await source;
  } catch (cause) {
    throw new InitError('the promise given to init() was rejected', { cause });
  }
  checkSource(found);
  return found;
}

async function embedded(): Promise<BufferSource> {
  if (provider.kind !== 'async') {
    throw new InitError('this entry of vm-customization holds no core: pass init() the URL or the bytes of core.wasm');
  }
  try {
    return await provider.bytes();
  } catch (cause) {
    throw new InitError('the core inside vm-customization could not be unpacked', { cause });
  }
}
