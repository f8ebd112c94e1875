import {
  type EventSource,
  NotInitializedError,
  nodeTransport,
  type Recording,
  type Report,
  replay,
  waitForCustomization,
} from 'vm-customization';
import { type FakeVCenter, recordedSource, type SteppedClock } from 'vm-customization/testing';

export const text: string = replay(new Uint8Array());
export const wait = (source: EventSource): Promise<Report> =>
  waitForCustomization(source, [{ vm: 'vm-101', name: 'web-1' }], { signal: AbortSignal.timeout(1000) });
export const code: 'notInitialized' = new NotInitializedError('x').code;
export const transport: typeof nodeTransport = nodeTransport;
// @ts-expect-error a VM has a reference
export const wrong = (source: EventSource) => waitForCustomization(source, [{ name: 'web-1' }]);
export const clock = (recording: Recording): SteppedClock => recordedSource(recording).clock;
export const post = (server: FakeVCenter) => server.do({ do: 'post', event: 'VmStartingEvent', vm: 'vm-101' });
// @ts-expect-error a VM is missing
export const off = (server: FakeVCenter) => server.do({ do: 'powerOff' });
