/** What a caller asks for. */
import { createHash } from 'node:crypto';
import { Monitor, type MonitorOptions, OptionsError, type VmRef } from 'vm-customization';
import { SchemaCheck } from '../schemas.js';

/** The VMs to wait for, and how. */
export interface WaitRequest {
  readonly vms: readonly VmRef[];
  readonly options: MonitorOptions;
}

/** A request that cannot be done, and why. */
export interface RequestProblem {
  readonly problem: string;
}

interface Message {
  readonly id?: string;
  readonly vms: readonly VmRef[];
  readonly options?: MonitorOptions;
}

const check = new SchemaCheck<Message>('wait-request');
// Any will do: whether options can be used does not depend on it.
const SOME_TIME = '2026-01-01T00:00:00.000Z';

/**
 * Reads a request.
 * @param text - the message
 * @param id - the wait that it was published for
 */
export function readRequest(text: string, id: string): WaitRequest | RequestProblem {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { problem: 'the request is not JSON' };
  }
  const problem = check.problem(message);
  if (problem !== undefined) {
    return { problem: `the request cannot be used: ${problem}` };
  }
  const { id: named = id, vms, options = {} } = message as Message;
  if (named !== id) {
    return { problem: `the request is of ${named}, and was published as ${id}` };
  }
  const unheeded = unheededOf(options);
  if (unheeded !== undefined) {
    return {
      problem: `the request cannot be used: the published rules take no option but timeoutSeconds: leave options.${unheeded} out, or the rules`,
    };
  }
  return problemOf(vms, options) ?? { vms, options };
}

/** What is asked for and would be passed over: nobody is there to be warned of it. */
function unheededOf({ rules, timeoutSeconds: _, ...others }: MonitorOptions): string | undefined {
  const asked = Object.entries(others).filter(([, value]) => value !== null && value !== false);
  return rules === 'published' ? asked[0]?.[0] : undefined;
}

/** The core is the judge of VMs and options. */
function problemOf(vms: readonly VmRef[], options: MonitorOptions): RequestProblem | undefined {
  try {
    new Monitor(vms, options, SOME_TIME, 0).dispose();
    return undefined;
  } catch (error) {
    if (error instanceof OptionsError) {
      return { problem: `the request cannot be used: ${error.message}` };
    }
    throw error;
  }
}

/** SHA-256 of what is asked for, as hex: the same for requests that ask for the same, however they are written. */
export function requestDigest({ vms, options }: WaitRequest): string {
  const plain = { vms: vms.map(({ vm, name }) => ({ vm, name: name ?? null })), options };
  return createHash('sha256')
    .update(JSON.stringify(sorted(plain)))
    .digest('hex');
}

/** What tells a request from another of its id, as hex: {@link requestDigest}, or that of the message where it cannot be read. */
export function requestIdentity(message: Uint8Array, id: string): string {
  const request = readRequest(new TextDecoder().decode(message), id);
  return 'problem' in request ? messageDigest(message) : requestDigest(request);
}

/** SHA-256 of a message, as hex. */
export function messageDigest(message: Uint8Array): string {
  return createHash('sha256').update(message).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
