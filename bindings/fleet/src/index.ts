/** The package: what callers need to ask a fleet for waits. The worker is the command `vm-customization-worker`. */

export { type CallOptions, cancelWait, requestWait, type WaitAsked, waitResult, watchWait } from './caller/calls.js';
export { type Fleet, WaitFailedError, type WaitRef } from './caller/fleet.js';
export { type FleetStatus, fleetStatus, type VCenterStatus } from './caller/status.js';
export type { RefusalEvent, ResultEvent, TransitionEvent, WaitError } from './messages/wait-event.js';
export { connectNats, type NatsConfig } from './store/connection.js';
