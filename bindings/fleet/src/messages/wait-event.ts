/** What workers tell of waits: CloudEvents 1.0 in structured mode. */
import type { Report, Transition } from 'vm-customization';
import type { WaitName } from './names.js';

/** The content type of a CloudEvent in structured mode. */
export const CLOUD_EVENT = 'application/cloudevents+json';

/** Why a wait has no report. `code` is stable, and may be one that is not known yet. */
export interface WaitError {
  readonly code: 'invalidRequest' | 'unknownVCenter' | 'otherVCenter' | 'idConflict' | 'internal' | (string & {});
  readonly message: string;
}

/** The end of a wait. */
export type WaitOutcome = { readonly report: Report } | { readonly error: WaitError };

interface Envelope<Type extends string, Data> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  readonly subject: string;
  /** The worker's clock. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Data;
}

interface OfWait {
  readonly wait: string;
  readonly vcenter: string;
}

/** One step of one VM. */
export type TransitionEvent = Envelope<
  'vm-customization.transition.v1',
  OfWait & { readonly n: number; readonly transition: Transition }
>;

/** The result of a wait: one for each. */
export type ResultEvent = Envelope<
  'vm-customization.report.v1',
  OfWait & { readonly instanceUuid?: string; readonly request?: string } & WaitOutcome
>;

/** The answer to a request whose id is another's. */
export type RefusalEvent = Envelope<'vm-customization.refusal.v1', OfWait & { readonly error: WaitError }>;

export function transitionEvent(wait: WaitName, transition: Transition, now: Date): TransitionEvent {
  const { n, vm } = transition;
  const data = { wait: wait.id, vcenter: wait.vcenter, n, transition };
  return envelope(wait, 'vm-customization.transition.v1', `${wait.id}.${n}`, vm, data, now);
}

/**
 * @param about - what the wait was of, as far as it is known
 */
export function resultEvent(
  wait: WaitName,
  outcome: WaitOutcome,
  about: { readonly instanceUuid?: string | undefined; readonly request?: string | undefined },
  now: Date,
): ResultEvent {
  const { instanceUuid, request } = about;
  const data = {
    wait: wait.id,
    vcenter: wait.vcenter,
    ...(instanceUuid === undefined ? {} : { instanceUuid }),
    ...(request === undefined ? {} : { request }),
    ...outcome,
  };
  return envelope(wait, 'vm-customization.report.v1', `${wait.id}.result`, wait.id, data, now);
}

export function refusalEvent(wait: WaitName, digest: string, error: WaitError, now: Date): RefusalEvent {
  const data = { wait: wait.id, vcenter: wait.vcenter, error };
  return envelope(wait, 'vm-customization.refusal.v1', `${wait.id}.refused.${digest}`, wait.id, data, now);
}

function envelope<Type extends string, Data>(
  { vcenter }: WaitName,
  type: Type,
  id: string,
  subject: string,
  data: Data,
  now: Date,
): Envelope<Type, Data> {
  return {
    specversion: '1.0',
    id,
    source: `/vm-customization/${vcenter}`,
    type,
    subject,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data,
  };
}
