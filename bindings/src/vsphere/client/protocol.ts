/** Over which wire to speak to a server. */
import { OptionsError, ReadError, UnsupportedServerError } from '../../errors.js';
import type { Transport } from '../../http/transport.js';
import type { CallContext, VimApi, Wire } from '../api/vim-api.js';
import { SoapClient } from '../soap/client.js';
import { ViJsonClient } from '../vijson/client.js';
import { mayHaveJson, negotiate } from './releases.js';
import type { SignIn } from './sign-in.js';

// A question that a firewall or a proxy on the way swallows must not hold up the log-in.
const NEGOTIATION_TIMEOUT_MS = 5_000;

/** `auto` is VI JSON where it is served (vCenter 8.0 U1 and later), else SOAP. */
export type Protocol = 'auto' | Wire;

/**
 * A client for the server.
 *
 * @param how - some ways to sign in are for one wire only
 * @throws {@link OptionsError} when the protocol and the way to sign in do not go together
 */
export async function clientFor(
  transport: Transport,
  protocol: Protocol,
  how: SignIn,
  context: CallContext,
): Promise<VimApi> {
  const wire = wireFor(protocol, how);
  if (wire === 'vi-json') {
    const release = await negotiate(transport, context);
    if (release === undefined) {
      throw new UnsupportedServerError(
        `${transport.host} serves no VI JSON that is known here (vCenter 8.0 U1 and later do): use SOAP`,
      );
    }
    return new ViJsonClient(transport, release);
  }
  const soap = new SoapClient(transport);
  return wire === 'soap' ? soap : ((await jsonBeside(soap, transport, context)) ?? soap);
}

/** VI JSON, where a server that speaks SOAP speaks it too. What goes wrong on the way there is no reason to fail. */
async function jsonBeside(soap: VimApi, transport: Transport, context: CallContext): Promise<VimApi | undefined> {
  // The first question over SOAP: what an old server or none at all says to it is the better message.
  const { apiType, apiVersion } = await soap.serviceContent(context);
  if (apiType === 'HostAgent' || !mayHaveJson(apiVersion)) {
    return undefined;
  }
  const hurried = { ...context, timeoutMs: NEGOTIATION_TIMEOUT_MS };
  try {
    const release = await negotiate(transport, hurried);
    if (release === undefined) {
      return undefined;
    }
    const json = new ViJsonClient(transport, release);
    await json.serviceContent(hurried);
    return json;
  } catch (error) {
    if (error instanceof ReadError && !context.signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

function wireFor(protocol: Protocol, how: SignIn): Protocol {
  let needed: Wire | undefined;
  if ('token' in how) {
    needed = 'soap';
  } else if ('session' in how) {
    needed = 'cookie' in how.session ? 'soap' : 'vi-json';
  }
  if (needed !== undefined && protocol !== 'auto' && protocol !== needed) {
    const what = 'token' in how ? 'a SAML token is' : 'the session given is';
    throw new OptionsError('invalidProtocol', `${what} for ${needed}, not for ${protocol}: leave the protocol out`);
  }
  return needed ?? protocol;
}
