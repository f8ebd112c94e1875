/** One call, whichever the protocol: who asks, of what, and what is answered. */
import { eventMethods } from './event-methods.mjs';
import { methodNotFound, noPermission, notAuthenticated, notFound } from './fault.mjs';
import { readProperty } from './properties.mjs';
import { propertyMethods } from './property-methods.mjs';
import { methodOf } from './schema.mjs';
import { sessionMethods } from './session-methods.mjs';

const answers = { ...sessionMethods, ...propertyMethods, ...eventMethods };

/** The methods that need no session. */
const open = new Set(['RetrieveServiceContent', 'Login', 'LoginByToken', 'CloneSession']);

/**
 * @typedef {object} Call
 * @property {{type: string, value: string}} on
 * @property {string} version of the API that the client speaks
 * @property {object} [session]
 * @property {(session: object) => void} loggedIn tells the client how to prove its new session
 * @property {string} userAgent
 */

/**
 * Answers a method.
 *
 * @param {object} state the server's
 * @param {Call & {method: string, arguments: object, header?: object}} call
 */
export async function answerMethod(state, call) {
  const { on, method, session, version } = call;
  count(state, method);
  // Who is not logged in learns nothing, not even which methods there are.
  if (!session && !open.has(method)) throw notAuthenticated(on);
  const object = state.find(session, on);
  if (!object) throw notFound(on);
  if (methodOf(method, version)?.on !== on.type) throw methodNotFound(on, method);
  if (!session) return answers[method](state, { ...call, object });
  session.calls += 1;
  session.callCount += 1;
  try {
    return await answers[method](state, { ...call, object });
  } finally {
    session.calls -= 1;
    state.sessions.touch(session);
  }
}

/**
 * Answers a property.
 *
 * @param {object} state the server's
 * @param {Call & {property: string}} call
 */
export function answerProperty(state, { on, property, session, version }) {
  count(state, `${on.type}.${property}`);
  if (!session && !(on.type === 'ServiceInstance' && property === 'content')) throw notAuthenticated(on);
  const object = state.find(session, on);
  if (!object) throw notFound(on);
  if (state.sessions.denied.has(on.value)) throw noPermission(on);
  return readProperty(object, property, { session, version });
}

function count({ requests }, name) {
  requests[name] = (requests[name] ?? 0) + 1;
}
