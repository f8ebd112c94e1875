/** What every entry of the package offers. */

export type { EventDocument } from '../core/event-document.js';
export { Monitor, type RestoreOptions } from '../core/monitor.js';
export { Playback } from '../core/playback.js';
export { replay } from '../core/replay.js';
export { summarizeEvents } from '../core/summarize-events.js';
export { type InitSource, init } from '../core/wasm/loader.js';
export * from '../errors.js';
export type { Environment } from '../http/proxy.js';
export type { HttpRequest, HttpResponse, Transport } from '../http/transport.js';
export { fetchTransport } from '../http/transport-fetch.js';
export type { TrustOptions } from '../http/trust.js';
export { recordingFromEvents } from '../recording/from-events.js';
export { holdsRecordings } from '../recording/holds-recordings.js';
export { Recorder, type RecorderOptions } from '../recording/recorder.js';
export type {
  CallOptions,
  EventPage,
  EventPush,
  EventSource,
  GuestCallOptions,
  GuestReading,
} from '../source/event-source.js';
export type * from '../types.js';
export type { Clock } from '../util/clock.js';
export { decodeText } from '../util/decode-text.js';
export type { Credentials, ExistingSession, MoRef, Wire } from '../vsphere/api/types.js';
export type { ConnectOptions, ServerOptions } from '../vsphere/client/connect-options.js';
export type { FoundVm, Lookup } from '../vsphere/client/lookup.js';
export type { Protocol } from '../vsphere/client/protocol.js';
export type { SignIn } from '../vsphere/client/sign-in.js';
export { type BeginOptions, type SessionOptions, VCenter } from '../vsphere/client/vcenter.js';
export type { WatchOptions } from '../watch/options.js';
export type { Progress, RunInput } from '../watch/progress.js';
export {
  type CustomizationWatch,
  resumeCustomization,
  waitForCustomization,
  watchCustomization,
} from '../watch/watch.js';
export { whatToDo, withWhatToDo } from '../what-to-do.js';
