/** Over which wire to speak to a server. */
import { OptionsError, ReadError, UnsupportedServerError } from '../../errors.js';
import type { Transport } from '../../http/transport.js';
import type { Clock } from '../../util/clock.js';
import type { CallContext, Wire } from '../api/types.js';
import { SoapCodec } from '../soap/codec.js';
import { ViJsonCodec } from '../vijson/codec.js';
import { mayHaveJson, negotiate } from './releases.js';
import type { SignIn } from './sign-in.js';
import { VimClient } from './vim-client.js';

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
  clock: Clock,
  context: CallContext,
): Promise<VimClient> {
  const wire = wireFor(protocol, how);
  if (wire === 'vi-json') {
    const release = await negotiate(transport, clock, context);
    if (release === undefined) {
      throw new UnsupportedServerError(
        `${transport.host} serves no VI JSON that is known here (vCenter 8.0 U1 and later do): use SOAP, or leave \`protocol\` out`,
      );
    }
    return new VimClient(transport, new ViJsonCodec(transport.path, release), clock);
  }
  const soap = new VimClient(transport, new SoapCodec(transport.path), clock);
  return wire === 'soap' ? soap : ((await jsonBeside(soap, transport, context)) ?? soap);
}

/** VI JSON, where a server that speaks SOAP speaks it too. What goes wrong on the way there is no reason to fail. */
async function jsonBeside(soap: VimClient, transport: Transport, context: CallContext): Promise<VimClient | undefined> {
  // The first question over SOAP: what an old server or none at all says to it is the better message.
  const { apiType, apiVersion } = await soap.serviceContent(context);
  if (apiType === 'HostAgent' || !mayHaveJson(apiVersion)) {
    return undefined;
  }
  const hurried = { ...context, timeoutMs: NEGOTIATION_TIMEOUT_MS };
  try {
    const release = await negotiate(transport, soap.clock, hurried);
    if (release === undefined) {
      return undefined;
    }
    const json = new VimClient(transport, new ViJsonCodec(transport.path, release), soap.clock);
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
    throw new OptionsError('invalidProtocol', `${what} for ${needed}, not for ${protocol}: leave \`protocol\` out`);
  }
  return needed ?? protocol;
}
