/**
 * The glue of wasm-bindgen, joined to an instance of the core. It is the glue for bundlers, which has no loader of its own:
 * `loader.ts` is one that says what is wrong.
 */
import * as glue from '../../../generated/core_bg.js';

const IMPORTS = { './core_bg.js': glue } as unknown as WebAssembly.Imports;

/** Starts the core. */
export async function startCore(compiled: WebAssembly.Module): Promise<void> {
  join(await WebAssembly.instantiate(compiled, IMPORTS));
}

/** Starts the core at once, which a page must not: it would stand still meanwhile. */
export function startCoreSync(bytes: BufferSource): void {
  join(new WebAssembly.Instance(new WebAssembly.Module(bytes), IMPORTS));
}

function join({ exports }: WebAssembly.Instance): void {
  glue.__wbg_set_wasm(exports);
  (exports.__wbindgen_start as () => void)();
}
