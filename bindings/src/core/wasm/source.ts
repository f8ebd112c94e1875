/** From what `init` was given to a compiled module, with messages that name the place. */
import { InitError } from '../../errors.js';

declare global {
  // Programs for Node are compiled without the types of pages, which declare the name; two declarations become one.
  namespace WebAssembly {
    interface Module {}
  }
}

/** Where the core may come from. */
export type InitSource = string | URL | Response | ArrayBuffer | ArrayBufferView | WebAssembly.Module;

/**
 * Compiles what was given.
 * @internal
 */
export async function moduleFrom(source: InitSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) {
    return source;
  }
  if (typeof source === 'string' || source instanceof URL) {
    return compileResponse(await request(source));
  }
  if (typeof Response === 'function' && source instanceof Response) {
    return compileResponse(source);
  }
  return compileBytes(source as ArrayBuffer | ArrayBufferView, 'the bytes given to init()');
}

/**
 * Refuses what is nothing of all this.
 * @throws {@link InitError}
 * @internal
 */
export function checkSource(source: unknown): asserts source is InitSource {
  const isKnown =
    typeof source === 'string' ||
    ArrayBuffer.isView(source) ||
    [URL, globalThis.Response, ArrayBuffer, WebAssembly.Module].some((kind) => kind && source instanceof kind);
  if (!isKnown) {
    throw new InitError('init() cannot use what it was given: pass a URL, a Response, bytes or a WebAssembly.Module');
  }
}

async function request(url: string | URL): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw new InitError(`${url} could not be fetched: check the address, or pass init() the bytes`, { cause });
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  const place = response.url === '' ? 'the response given to init()' : response.url;
  if (!response.ok) {
    throw new InitError(`${place} answered ${response.status}: check the address of core.wasm`);
  }
  let bytes: ArrayBuffer;
  try {
    // Not compileStreaming: it refuses other content types than application/wasm, and a core of this size gains nothing.
    bytes = await response.arrayBuffer();
  } catch (cause) {
    throw new InitError(`${place} could not be read to its end`, { cause });
  }
  return compileBytes(bytes, place);
}

async function compileBytes(bytes: ArrayBuffer | ArrayBufferView, place: string): Promise<WebAssembly.Module> {
  // A development server answers a wrong address with its HTML page and status 200.
  if (!isWebAssembly(bytes)) {
    throw new InitError(`${place} is not WebAssembly: check that the address leads to core.wasm`);
  }
  try {
    // The type leaves out views of shared memory.
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (cause) {
    const fix = /content security policy|unsafe-eval/i.test(String(cause))
      ? "the page's Content-Security-Policy needs 'wasm-unsafe-eval' in script-src"
      : 'it is damaged or cut short, or this engine is too old';
    throw new InitError(`${place} could not be compiled: ${fix}`, { cause });
  }
}

function isWebAssembly(bytes: ArrayBuffer | ArrayBufferView): boolean {
  const head = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.byteLength))
    : new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength));
  return head.length === 4 && head[0] === 0x00 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6d;
}
