/** What the ServiceInstance and the SessionManager answer. */
import { Fault, invalidArgument, invalidLogin } from './fault.mjs';
import { sessionData } from './properties.mjs';
import { subjectOf } from './saml.mjs';

/** Tells the client what proves the session from now on, and who it is. */
function begin(call, session) {
  if (!session) throw invalidLogin();
  call.loggedIn(session);
  return sessionData(session);
}

export const sessionMethods = {
  RetrieveServiceContent: (_, { object }) => object.content,

  CurrentTime: ({ now }) => now(),

  Login: ({ sessions }, call) => {
    const { userName, password, locale } = call.arguments;
    return begin(call, call.session ? undefined : sessions.logIn(userName, password, locale, call.userAgent));
  },

  LoginByToken: ({ sessions, now }, call) => {
    const user = subjectOf(call.header, now());
    return begin(call, user && sessions.open(user, call.arguments.locale, call.userAgent));
  },

  AcquireCloneTicket: ({ sessions }, { session }) => sessions.ticketFor(session),

  CloneSession: ({ sessions }, call) => begin(call, sessions.redeem(call.arguments.cloneTicket, call.userAgent)),

  TerminateSession: ({ sessions }, { session, arguments: { sessionId } }) => {
    for (const key of sessionId) {
      if (key === session.key) throw invalidArgument('sessionId');
      const other = sessions.byKey(key);
      if (!other) throw new Fault('NotFound', 'The object or item referred to could not be found.');
      sessions.end(other);
    }
  },

  SessionIsActive: ({ sessions }, { arguments: { sessionID, userName } }) =>
    sessions.byKey(sessionID)?.userName === userName,

  Logout: ({ sessions }, { session }) => sessions.end(session),
};
