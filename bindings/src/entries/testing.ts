/** What a test of a program needs that waits for customizations, without a vCenter. */

export {
  type FakeVCenter,
  type FakeVCenterCommand,
  type FakeVCenterOptions,
  type FakeVm,
  startFakeVCenter,
} from '../testing/fake-vcenter.js';
export { type RecordedSource, type RecordedSourceOptions, recordedSource } from '../testing/recorded-source.js';
export {
  type ScriptEntry,
  type ScriptedRead,
  type ScriptedSource,
  type ScriptedSourceOptions,
  scriptedSource,
  type VmEventFields,
  vmEvent,
} from '../testing/scripted-source.js';
export { SteppedClock } from '../testing/stepped-clock.js';
