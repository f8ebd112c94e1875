/** What every entry of the package offers. */
export type { Clock } from './clock.js';
export type { EventDocument } from './document.js';
export * from './errors.js';
export { Monitor, type RestoreOptions } from './monitor.js';
export type { Progress, RunInput } from './progress.js';
export { Recorder } from './recorder.js';
export { replay } from './replay.js';
export type { Credentials } from './soap/client.js';
export type { FoundVm, Lookup } from './soap/lookup.js';
export type { HttpRequest, HttpResponse, Transport } from './soap/transport.js';
export { fetchTransport } from './soap/transport-fetch.js';
export { type SessionOptions, VCenter } from './soap/vcenter.js';
export type { MoRef } from './soap/xml.js';
export type { CallOptions, EventPage, EventSource } from './source.js';
export type * from './types.js';
export { type InitSource, init } from './wasm/loader.js';
export {
  type CustomizationWatch,
  resumeCustomization,
  type WatchOptions,
  waitForCustomization,
  watchCustomization,
} from './watch.js';
