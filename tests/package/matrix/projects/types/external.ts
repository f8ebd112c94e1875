import { type InitSource, init, replay } from 'vm-customization/external';

export const sources: InitSource[] = [
  'core.wasm',
  new URL('http://127.0.0.1/core.wasm'),
  new Uint8Array(),
  new WebAssembly.Module(new Uint8Array()),
];
export const text: Promise<string> = init(fetch('core.wasm')).then(() => replay(''));
