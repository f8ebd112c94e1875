/** What every entry of the package offers. */
export type { Clock } from './clock.js';
export type { EventDocument } from './document.js';
export * from './errors.js';
export type { HttpRequest, HttpResponse, Transport } from './http/transport.js';
export { fetchTransport } from './http/transport-fetch.js';
export { Monitor, type RestoreOptions } from './monitor.js';
export { Playback } from './playback.js';
export type { Progress, RunInput } from './progress.js';
export { Recorder, type RecorderOptions } from './recorder.js';
export { recordingFromEvents } from './recording-from-events.js';
export { replay } from './replay.js';
export type { CallOptions, EventPage, EventSource } from './source.js';
export { summarizeEvents } from './summarize.js';
export type * from './types.js';
export type { Credentials, ExistingSession, MoRef, Wire } from './vim/api.js';
export type { FoundVm, Lookup } from './vim/lookup.js';
export type { Protocol } from './vim/protocol.js';
export type { SignIn } from './vim/sign-in.js';
export { type BeginOptions, type SessionOptions, VCenter } from './vim/vcenter.js';
export { type InitSource, init } from './wasm/loader.js';
export {
  type CustomizationWatch,
  resumeCustomization,
  type WatchOptions,
  waitForCustomization,
  watchCustomization,
} from './watch.js';
