import { readFileSync } from 'node:fs';
import {
  type EventSource,
  init,
  NotInitializedError,
  nodeTransport,
  type Report,
  replay,
  waitForCustomization,
} from 'vm-customization';

export const text: string = replay(new Uint8Array());
export const wait = (source: EventSource): Promise<Report> =>
  waitForCustomization(source, [{ vm: 'vm-101', name: 'web-1' }], { signal: AbortSignal.timeout(1000) });
export const code: 'notInitialized' = new NotInitializedError('x').code;
export const transport: typeof nodeTransport = nodeTransport;
await init(readFileSync('core.wasm'));
// @ts-expect-error a VM has a reference
export const wrong = (source: EventSource) => waitForCustomization(source, [{ name: 'web-1' }]);
