/** What a refusal of the server means and what is done about it: each part of the client that decides it, by itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const {
  SteppedClock,
  CallHistory,
  faultError,
  isRefusal,
  isSecret,
  loginAdvice,
  refusalError,
  badAnswerError,
  passingError,
  Session,
  NotReadyRetries,
  PATIENCE,
  isTransient,
  cleanUp,
  isGone,
  uncancellable,
  SessionRenewal,
  signIn,
  signInOf,
  CertificateError,
  ConnectionError,
  ReadError,
  VimFaultError,
  WireError,
} = await internal(
  'vsphere/api/call-history',
  'vsphere/api/faults',
  'vsphere/api/http-refusal',
  'vsphere/api/session',
  'vsphere/client/retry-not-ready',
  'vsphere/client/removal',
  'vsphere/client/session-renewal',
  'vsphere/client/sign-in',
  'testing/stepped-clock',
  'errors',
);

const never = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));
const LOG_INS = {
  Login: 'check the user name and the password',
  LoginByToken:
    'the token may have expired, be for another server or ask for a key (bearer tokens only): get a new one',
  CloneSession: 'a clone ticket serves once, and for a short time only: get a new one',
};

/** A call of a client of `vc`, whose secret is `s3cret`. */
const asked = (method, more = {}) => ({
  host: 'vc',
  method,
  redact: (text) => text.replaceAll('s3cret', '***'),
  worked: false,
  known: false,
  ...more,
});

describe('the calls of a client', () => {
  test('have worked once one has in a session, and a method is known once it has itself', () => {
    const history = new CallHistory('vc');
    const state = (method) => {
      const { host, method: name, worked, known } = history.asked(method);
      return [host, name, worked, known];
    };
    assert.deepEqual(state('CurrentTime'), ['vc', 'CurrentTime', false, false]);
    for (const outside of ['RetrieveServiceContent', 'Logout']) {
      history.answered(outside);
      assert.deepEqual(state(outside), ['vc', outside, false, false]);
    }
    history.answered('Login');
    assert.deepEqual(state('CurrentTime'), ['vc', 'CurrentTime', true, false]);
    assert.deepEqual(state('Login'), ['vc', 'Login', true, true]);
    history.secrets.keep('s3cret');
    assert.equal(history.asked('Login').redact('a s3cret'), 'a [redacted]');
  });
});

describe('a fault', () => {
  const noSuchCall = 'the server has no such call: is it a vCenter, and of vSphere 5 or later?';
  const notUnderstood =
    'the server does not take the request as it is made here: report this with the version of the server';
  const MEANINGS = {
    NotAuthenticated: ['notAuthenticated', 'the session has ended'],
    NoPermission: ['noPermission', 'the account needs the privilege System.View on the VMs or on a parent'],
    ManagedObjectNotFound: ['notFound', 'the object does not exist (any more)'],
    InvalidLogin: ['fatal', 'check the user name and the password'],
    PasswordExpired: ['fatal', 'the password has expired: set a new one'],
    NotImplemented: ['fatal', noSuchCall],
    NotSupported: ['fatal', noSuchCall],
    MethodNotFound: ['fatal', noSuchCall],
    InvalidArgument: ['fatal', notUnderstood],
    InvalidRequest: ['fatal', notUnderstood],
    InvalidType: ['fatal', notUnderstood],
    RestrictedVersion: [
      'fatal',
      "the server's licence or edition does not allow this call: give a vCenter with a full licence",
    ],
    SystemError: ['transient', ''],
  };

  for (const [type, [kind, advice]] of Object.entries(MEANINGS)) {
    test(`of the type ${type} is ${kind}, and passes where it is final and the call has worked before`, () => {
      const object = 'vm-1';
      for (const method of ['RetrievePropertiesEx', 'QueryEvents']) {
        const error = faultError({ type, text: '', object }, asked(method, { known: true }));
        assert.equal(error.kind, kind === 'fatal' ? 'transient' : kind);
        const reason = advice === '' ? 'the server gives no reason, but its vpxd.log may' : advice;
        assert.equal(error.message, `vc: ${method}: ${type}: ${reason}`);
        assert.deepEqual([error.name, error.fault, error.object], ['VimFaultError', type, object]);
      }
      const first = faultError({ type, text: 'Said.' }, asked('RetrievePropertiesEx'));
      assert.equal(first.kind, kind);
      const said = advice === '' ? 'Said' : `Said; ${advice}`;
      assert.equal(first.message, `vc: RetrievePropertiesEx: ${type}: ${said}`);
      assert.equal(first.object, undefined);
      const next = faultError({ type, text: '' }, asked('ContinueRetrievePropertiesEx'));
      assert.equal(next.kind, kind === 'fatal' ? 'transient' : kind);
      assert.equal(isRefusal(first), kind === 'noPermission' || kind === 'notFound');
    });

    for (const [method, what] of Object.entries(LOG_INS)) {
      const refuses = ['InvalidLogin', 'NoPermission', 'PasswordExpired', 'NotAuthenticated'].includes(type);
      test(`of the type ${type} in answer to ${method} ${refuses ? 'refuses the log-in' : 'is a fault'}, known or not`, () => {
        for (const known of [true, false]) {
          const raw = { type, text: 'repeats it', object: 'it too' };
          const error = faultError(raw, asked(method, { known }));
          assert.equal(error.name, refuses ? 'LoginError' : 'VimFaultError');
          assert.equal(error.object, undefined);
          const reason = advice === '' ? 'the server gives no reason, but its vpxd.log may' : advice;
          const refused = `vc refused the log-in (${type}): ${what}`;
          assert.equal(error.message, refuses ? refused : `vc: ${method}: ${type}: ${reason}`);
        }
      });
    }
  }

  test('that there are no events is of an ESXi host, unless it has told some before', () => {
    for (const type of ['NotImplemented', 'NotSupported', 'MethodNotFound']) {
      const error = faultError({ type, text: '' }, asked('QueryEvents'));
      assert.deepEqual([error.name, error.kind], ['UnsupportedServerError', 'fatal']);
      assert.equal(
        error.message,
        `vc: QueryEvents: ${type}: ${noSuchCall}: an ESXi host keeps no customization events; give the vCenter that manages it`,
      );
      assert.equal(faultError({ type, text: '' }, asked('QueryEvents', { known: true })).name, 'VimFaultError');
      assert.equal(faultError({ type, text: '' }, asked('ReadNextEvents')).name, 'VimFaultError');
    }
    assert.equal(faultError({ type: 'InvalidArgument', text: '' }, asked('QueryEvents')).name, 'VimFaultError');
  });

  test('that there is no room for another collector passes, and says who may have it', () => {
    const full = "others may hold all the event collectors that the server's option event.maxCollectors allows";
    for (const [text, message] of [
      ['', full],
      ['Too many.', `Too many; ${full}`],
      ['One. Two', `One. Two; ${full}`],
    ]) {
      const error = faultError({ type: 'InvalidState', text }, asked('QueryEvents'));
      assert.deepEqual([error.kind, error.fault], ['transient', 'InvalidState']);
      assert.equal(error.message, `vc: QueryEvents: InvalidState: ${message}`);
    }
    const other = faultError({ type: 'InvalidState', text: '' }, asked('CurrentTime'));
    assert.equal(other.message, 'vc: CurrentTime: InvalidState: the server gives no reason, but its vpxd.log may');
  });

  test('is told without what is secret, and without a type that is no name', () => {
    const raw = { type: 'Fault-s3cret', text: 'a s3cret.', object: 'vm-s3cret' };
    const error = faultError(raw, asked('CurrentTime'));
    assert.equal(error.message, 'vc: CurrentTime: Fault-***: a ***');
    assert.deepEqual([error.fault, error.object], ['Fault-***', 'vm-***']);
    const long = `F${'x'.repeat(99)}`;
    for (const [type, told] of [
      [long, long],
      [`${long}x`, 'unknown fault'],
      ['a.b-c_1', 'a.b-c_1'],
      ['1a', 'unknown fault'],
      ['a b', 'unknown fault'],
      [' a', 'unknown fault'],
      ['', 'unknown fault'],
    ]) {
      assert.equal(faultError({ type, text: '' }, asked('CurrentTime')).fault, told);
    }
  });

  test('is no refusal of an object where it is of something else', () => {
    for (const kind of ['noPermission', 'notFound']) {
      assert.equal(isRefusal(new VimFaultError(kind, 'F', 'm')), true);
      assert.equal(isRefusal(new ReadError(kind, 'm')), false);
    }
    for (const kind of ['transient', 'fatal', 'notAuthenticated']) {
      assert.equal(isRefusal(new VimFaultError(kind, 'F', 'm')), false);
    }
  });

  test('to a call that holds a secret is not told, and only log-ins have advice', () => {
    for (const [method, advice] of Object.entries(LOG_INS)) {
      assert.equal(isSecret(method), true);
      assert.equal(loginAdvice(method), advice);
    }
    assert.deepEqual([isSecret('Logout'), loginAdvice('Logout')], [true, undefined]);
    assert.deepEqual([isSecret('CurrentTime'), loginAdvice('CurrentTime')], [false, undefined]);
  });
});

describe('an answer that is none of a vCenter', () => {
  const before = 'it has answered as a vCenter before, so something in front of it answers in its place';
  const answered = (status, location) => ({ status, header: (name) => (name === 'location' ? location : undefined) });
  const refusal = (status, method = 'CurrentTime', more = {}, location = undefined) => {
    const { name, code, kind, mayBeDone, message } = refusalError(answered(status, location), asked(method, more));
    return { name, code, kind, mayBeDone, message };
  };
  const http = (kind, message, mayBeDone = false) => ({
    name: 'ConnectionError',
    code: 'http',
    kind,
    mayBeDone,
    message: `vc: ${message}`,
  });

  test('passes where the server is not ready, whatever was asked and has worked', () => {
    const wait =
      'the server is not ready, or a proxy in front of it cannot reach it: if that lasts, see on the server whether its services run';
    for (const [status, mayBeDone] of [
      [408, false],
      [429, false],
      [500, true],
      [501, false],
      [502, true],
      [503, false],
      [504, true],
      [599, false],
    ]) {
      for (const method of ['CurrentTime', 'Login', 'RetrieveServiceContent']) {
        for (const worked of [true, false]) {
          const expected = http('transient', `${method} was answered with HTTP ${status}: ${wait}`, mayBeDone);
          assert.deepEqual(refusal(status, method, { worked }, '/x'), expected);
        }
      }
    }
  });

  test('with HTTP 401 is that the session has ended, but to the first questions and to a log-in', () => {
    for (const worked of [true, false]) {
      const ended = http('notAuthenticated', 'CurrentTime was answered with HTTP 401: the session has ended');
      assert.deepEqual(refusal(401, 'CurrentTime', { worked }), ended);
    }
    for (const method of ['RetrieveServiceContent', 'vimServiceVersions']) {
      const inFront =
        "before there was any log-in: something in front of the vCenter wants one of its own, so give the vCenter's own address";
      assert.deepEqual(refusal(401, method), http('fatal', `${method} was answered with HTTP 401 ${inFront}`));
      const passing = http('transient', `${method} was answered with HTTP 401: ${before}`);
      assert.deepEqual(refusal(401, method, { worked: true }), passing);
    }
    for (const [method, advice] of Object.entries(LOG_INS)) {
      const error = refusal(401, method);
      assert.deepEqual([error.name, error.message], ['LoginError', `vc refused the log-in (HTTP 401): ${advice}`]);
      const passing = http('transient', `${method} was answered with HTTP 401: ${before}`);
      assert.deepEqual(refusal(401, method, { worked: true }), passing);
    }
  });

  test('with any other status is final before a call has worked, and passes then', () => {
    for (const status of [301, 400, 403, 404, 407, 409, 428, 430, 499]) {
      const what = `CurrentTime was answered with HTTP ${status}`;
      const question =
        status === 407
          ? "a proxy on the way wants a user and a password: give them in the proxy's address, or go around it (NO_PROXY)"
          : 'is it a vCenter, and does the address end in /sdk? Or has a proxy on the way answered in its place?';
      assert.deepEqual(refusal(status), http('fatal', `${what}: ${question}`));
      assert.deepEqual(refusal(status, 'CurrentTime', { worked: true }), http('transient', `${what}: ${before}`));
    }
  });

  test('that redirects says to where, without what may be secret there', () => {
    const question =
      "if that is the vCenter, give that address; if it is a proxy's or a portal's page, go around it (NO_PROXY) or log in there, and give the vCenter's own";
    for (const [location, shown] of [
      ['/login?key=s3cret#s3cret', 'vc/login'],
      ['https://other:8443/s3cret/x?a=b', 'other:8443/***/x'],
      [`/${'x'.repeat(300)}`, `vc/${'x'.repeat(197)}`],
      ['http://[', 'an address that is none'],
    ]) {
      const what = `CurrentTime was answered with HTTP 302: it wants to redirect to ${shown}`;
      assert.deepEqual(refusal(302, 'CurrentTime', {}, location), http('fatal', `${what}; ${question}`));
      const passing = http('transient', `${what}; ${before}`);
      assert.deepEqual(refusal(302, 'CurrentTime', { worked: true }, location), passing);
    }
  });

  test('though its status says that it is one is told without what it holds', () => {
    const why = new WireError('wireSyntax', 'no s3cret here');
    const unknown = (method) =>
      `vc: ${method} was answered with something else: is it a vCenter, or has a proxy on the way answered in its place?`;
    for (const [error, kind, message] of [
      [
        badAnswerError(why, asked('CurrentTime')),
        'transient',
        'vc: the answer to CurrentTime could not be read: no *** here',
      ],
      [badAnswerError(why, asked('Login'), 'fatal'), 'fatal', unknown('Login')],
      [badAnswerError(undefined, asked('CurrentTime')), 'transient', unknown('CurrentTime')],
    ]) {
      assert.deepEqual(
        [error.name, error.code, error.kind, error.message],
        ['ConnectionError', 'badAnswer', kind, message],
      );
      assert.equal(error.cause, undefined);
    }
  });

  test('or no answer at all passes once a call has worked, where it is final before', () => {
    const cause = new Error('cause');
    const worked = asked('CurrentTime', { worked: true });
    const final = new ConnectionError('no', { code: 'proxy', kind: 'fatal', cause, mayBeDone: false });
    assert.equal(passingError(final, asked('CurrentTime')), final);
    const passing = passingError(final, worked);
    assert.deepEqual(
      [passing.name, passing.kind, passing.code, passing.cause, passing.mayBeDone, passing.message],
      ['ConnectionError', 'transient', 'proxy', cause, false, `no; ${before}`],
    );
    const certificate = passingError(new CertificateError('other', 'AA:BB'), worked);
    assert.deepEqual(
      [certificate.name, certificate.kind, certificate.thumbprint, certificate.message],
      ['CertificateError', 'transient', 'AA:BB', `other; ${before}`],
    );
    for (const error of [
      new ConnectionError('no', { kind: 'transient' }),
      new ConnectionError('no', { kind: 'notAuthenticated' }),
      new ReadError('fatal', 'no'),
      cause,
      undefined,
    ]) {
      assert.equal(passingError(error, worked), error);
    }
  });
});

describe('a session of our own', () => {
  /** Whose log-out is answered by the entries, one after the other. */
  function session(answers = []) {
    const clock = new SteppedClock();
    const logOuts = [];
    const logOut = async ({ signal }) => {
      logOuts.push({ at: clock.now() - 1_000, signal });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer?.(signal);
    };
    const times = () => logOuts.map(({ at }) => at);
    return { session: new Session(logOut, clock), clock, logOuts, times };
  }
  const opened = async (answers) => {
    const made = session(answers);
    await made.session.begin(async () => undefined, { signal: never });
    return made;
  };
  const hang = () => new Promise(() => undefined);

  test('is counted when it is opened, and is lost by the word on the last of them alone', async () => {
    const { session: one } = session();
    const state = () => [one.count, one.isLost];
    assert.deepEqual(state(), [0, false]);
    await one.begin(async () => undefined, { signal: never });
    assert.deepEqual(state(), [1, false]);
    one.lose(0);
    assert.deepEqual(state(), [1, false]);
    one.lose(1);
    one.lose(0);
    assert.deepEqual(state(), [1, true]);
    one.confirm();
    assert.deepEqual(state(), [1, false]);
    one.lose(1);
    await one.begin(async () => undefined, { signal: never });
    assert.deepEqual(state(), [2, false]);
  });

  test('is opened by a request that is not aborted in flight and not sent twice', async () => {
    const { session: one } = session();
    const controller = new AbortController();
    let context;
    let open;
    const beginning = one.begin(
      (given) => {
        context = given;
        return new Promise((resolve) => {
          open = resolve;
        });
      },
      { signal: controller.signal, timeoutMs: 7 },
    );
    await settle();
    controller.abort(new Error('enough'));
    await assert.rejects(beginning, /enough/);
    assert.deepEqual([context.once, context.timeoutMs, context.signal.aborted], [true, 7, false]);
    assert.equal(one.count, 0);
    open();
    await settle();
    assert.equal(one.count, 1);
    await assert.rejects(
      one.begin(async () => undefined, { signal: controller.signal }),
      /enough/,
    );
  });

  test('is closed before another is opened in its place, whatever that is answered', async () => {
    for (const answer of [undefined, new VimFaultError('notAuthenticated', 'F', 'm'), new Error('reset')]) {
      const { session: one, logOuts } = await opened([answer]);
      await one.begin(async () => assert.equal(logOuts.length, 1), { signal: never });
      assert.equal(one.count, 2);
    }
    const { session: slow, clock, times } = await opened([hang]);
    await clock.drive(slow.begin(async () => undefined, { signal: never }));
    assert.deepEqual([times(), clock.now()], [[0], 3_000]);
  });

  test('that was closed for another is not closed again where that is not opened', async () => {
    const { session: one, logOuts } = await opened();
    await assert.rejects(
      one.begin(() => Promise.reject(new Error('refused')), { signal: never }),
      /refused/,
    );
    await one.end({ signal: never });
    assert.deepEqual([one.count, logOuts.length], [1, 1]);
  });

  test('is not opened, and is still there to be closed, where who asks has gone', async () => {
    const controller = new AbortController();
    const { session: one, logOuts } = await opened([hang]);
    const beginning = one.begin(() => assert.fail('opened'), { signal: controller.signal });
    await settle();
    controller.abort(new Error('enough'));
    await assert.rejects(beginning, /enough/);
    await one.end({ signal: never });
    assert.equal(logOuts.length, 2);
  });

  test('is opened one after the other, also where a log-in fails', async () => {
    const { session: one, logOuts } = session();
    let fail;
    const first = one.begin(
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
      { signal: never },
    );
    let begun = false;
    const second = one.begin(
      async () => {
        begun = true;
      },
      { signal: never },
    );
    await settle();
    assert.equal(begun, false);
    fail(new Error('refused'));
    await assert.rejects(first, /refused/);
    await second;
    assert.deepEqual([begun, one.count, logOuts.length], [true, 1, 0]);
  });

  test('is closed at the end, also one that is still being opened, and no other is opened then', async () => {
    const { session: one, logOuts } = session();
    let open;
    const beginning = one.begin(
      () =>
        new Promise((resolve) => {
          open = resolve;
        }),
      { signal: never },
    );
    await settle();
    const end = one.end({ signal: never });
    await settle();
    assert.equal(logOuts.length, 0);
    open();
    await Promise.all([beginning, end]);
    assert.equal(logOuts.length, 1);
    assert.equal(logOuts[0].signal, never);
    await one.end({ signal: never });
    assert.equal(logOuts.length, 1);
    await assert.rejects(
      one.begin(() => assert.fail('opened'), { signal: never }),
      {
        kind: 'fatal',
        message: 'the session was closed: no other is opened in its place',
      },
    );
  });

  test('is closed where it was taken over, and not where it is not ours', async () => {
    const { session: one, logOuts } = session();
    await one.end({ signal: never });
    one.adopt();
    await one.end({ signal: never });
    assert.equal(logOuts.length, 1);
    one.adopt();
    one.forget();
    await one.end({ signal: never });
    assert.equal(logOuts.length, 1);
  });

  test('of our own is over once it was ended, however that went; one that was given goes on', async () => {
    for (const answer of [undefined, new ReadError('fatal', 'no')]) {
      const { session: one } = await opened([answer]);
      assert.equal(one.isOver, false);
      const end = one.end({ signal: never });
      assert.equal(one.isOver, false, 'the log-out is asked yet');
      await end.catch(() => undefined);
      assert.equal(one.isOver, true);
    }
    const { session: none } = session();
    await none.end({ signal: never });
    assert.equal(none.isOver, true);
    const { session: given } = session();
    given.forget();
    await given.end({ signal: never });
    assert.equal(given.isOver, false);
    given.adopt();
    await given.end({ signal: never });
    assert.equal(given.isOver, true);
  });

  test('is waited for at the end no longer than the signal says', async () => {
    const { session: one } = session();
    const controller = new AbortController();
    one.begin(hang, { signal: never });
    await settle();
    const end = one.end({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(end, /enough/);
  });

  test('is closed again after 50 ms where the answer may pass, once, and for who has not gone', async () => {
    const reset = () => new ReadError('transient', 'reset');
    const { session: one, clock, times } = await opened([reset(), reset()]);
    await assert.rejects(clock.drive(one.end({ signal: never })), /reset/);
    assert.deepEqual(times(), [0, 50]);
    const { session: good, clock: time, times: tries } = await opened([reset()]);
    await time.drive(good.end({ signal: never }));
    assert.deepEqual(tries(), [0, 50]);
    for (const kind of ['fatal', 'notAuthenticated']) {
      const { session: final, logOuts } = await opened([new ReadError(kind, 'no')]);
      await assert.rejects(final.end({ signal: never }), /no/);
      assert.equal(logOuts.length, 1);
    }
    for (const when of ['during the first', 'in the pause']) {
      const controller = new AbortController();
      const first = () => {
        if (when === 'during the first') controller.abort(new Error('enough'));
        return Promise.reject(reset());
      };
      const { session: gone, logOuts } = await opened([first]);
      const end = gone.end({ signal: controller.signal });
      end.catch(() => undefined);
      await settle();
      controller.abort(new Error('enough'));
      await assert.rejects(end, when === 'during the first' ? /reset/ : /enough/);
      assert.equal(logOuts.length, 1, when);
    }
  });
});

describe('a call before there is a wait', () => {
  const notReady = (message = 'HTTP 503') => new ConnectionError(message, { code: 'http' });

  /** A call that fails with the errors, one after the other, and then answers. */
  function calling(errors, options = {}) {
    const clock = new SteppedClock();
    const seen = { at: [], retries: [] };
    const onRetry = (message) => seen.retries.push(message);
    const retries = new NotReadyRetries({ onRetry, ...options }, clock);
    const make = async () => {
      seen.at.push((clock.now() - 1_000) / 1_000);
      const error = errors.shift();
      if (error !== undefined) throw error;
      return 'answer';
    };
    const call = (signal = never, ...passes) => clock.drive(retries.call(make, signal, ...passes));
    return { seen, call, retries, clock, make };
  }

  test('is made again after 1, 2, 4 … s while the server is not ready, each time told', async () => {
    const { seen, call } = calling([notReady('one'), notReady('two'), notReady('three')]);
    assert.equal(await call(), 'answer');
    assert.deepEqual(seen, { at: [0, 1, 3, 7], retries: ['one', 'two', 'three'] });
    const silent = new NotReadyRetries({}, new SteppedClock());
    assert.equal(await silent.call(async () => 5, never), 5);
  });

  for (const [patienceSeconds, at] of [
    [undefined, [0, 1, 3, 7, 15]],
    [0, [0]],
    [0.999, [0]],
    [1, [0, 1]],
    [6.999, [0, 1, 3]],
    [7, [0, 1, 3, 7]],
  ]) {
    test(`is not made again after ${patienceSeconds ?? 'the default of 30'} s`, async () => {
      const { seen, call } = calling(
        Array.from({ length: 20 }, () => notReady()),
        { patienceSeconds },
      );
      await assert.rejects(call(), /HTTP 503/);
      assert.deepEqual(seen.at, at);
      assert.equal(seen.retries.length, at.length - 1);
    });
  }

  test('is not told where nobody listens', async () => {
    const { retries, clock, make, seen } = calling([notReady()], { onRetry: undefined });
    assert.equal(await clock.drive(retries.call(make, never)), 'answer');
    assert.deepEqual(seen.at, [0, 1]);
  });

  test('is made once where the server can not be reached or says no, but where the caller knows better', async () => {
    for (const error of [
      new ConnectionError('refused', { code: 'connection' }),
      new ConnectionError('no', { code: 'http', kind: 'fatal' }),
      new ReadError('transient', 'no', { code: 'http' }),
      new Error('no'),
    ]) {
      const { seen, call } = calling([error]);
      await assert.rejects(call(), error);
      assert.deepEqual(seen.at, [0]);
    }
    const { seen, call } = calling([new ConnectionError('refused', { code: 'connection' })]);
    assert.equal(await call(never, isTransient), 'answer');
    assert.deepEqual(seen.at, [0, 1]);
  });

  test('may pass where it is a failure that says so, and no answer without an end', () => {
    assert.equal(isTransient(new ReadError('transient', 'm')), true);
    assert.equal(isTransient(new ReadError('fatal', 'm')), false);
    assert.equal(isTransient(new Error('m')), false);
    assert.equal(isTransient(new ConnectionError('m', { code: 'endlessAnswer' })), false);
  });

  test('ends with who asks: in a pause with the reason, after an answer with that', async () => {
    const controller = new AbortController();
    const { retries, make, seen } = calling([notReady()]);
    const call = retries.call(make, controller.signal);
    await settle();
    controller.abort(new Error('enough'));
    await assert.rejects(call, /enough/);
    assert.deepEqual(seen, { at: [0], retries: ['HTTP 503'] });
    const gone = calling([notReady()]);
    await assert.rejects(gone.call(controller.signal), /HTTP 503/);
    assert.deepEqual(gone.seen.retries, []);
  });

  test('has a patience that is a number of seconds', () => {
    for (const value of [0, 0.5, 1e9]) assert.equal(PATIENCE.fits(value), true);
    for (const value of [-0.001, Number.NaN, Number.POSITIVE_INFINITY, '3', null]) {
      assert.equal(PATIENCE.fits(value), false);
      if (value !== null) {
        assert.throws(() => new NotReadyRetries({ patienceSeconds: value }, new SteppedClock()), {
          name: 'OptionsError',
          message: /^patienceSeconds is .*: give a number of seconds, 0 or more$/,
        });
      }
    }
  });
});

describe('what was made on the server', () => {
  const gone = () => new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone');
  const reset = () => new ConnectionError('reset');

  /** Removes something whose calls are answered by the entries: an error or nothing, or so many milliseconds later. */
  async function removing(...answers) {
    const clock = new SteppedClock();
    const at = [];
    const call = async (context) => {
      at.push(clock.now() - 1_000);
      assert.deepEqual([context.timeoutMs, context.signal.aborted], [5_000, false]);
      const { after = 0, error } = answers.shift() ?? {};
      await clock.sleep(after, never);
      if (error !== undefined) throw error;
    };
    const done = await clock.drive(cleanUp(call, clock));
    const took = clock.now() - 1_000;
    return { done, at, took, pending: clock.pending };
  }

  test('is removed by one call where that works, or where it is gone', async () => {
    assert.deepEqual(await removing({}), { done: true, at: [0], took: 0, pending: 0 });
    for (const kind of ['notFound', 'fatal', 'notAuthenticated', 'noPermission']) {
      const error = new VimFaultError(kind, 'F', 'm');
      assert.deepEqual(await removing({ error }), { done: true, at: [0], took: 0, pending: 0 });
    }
    assert.deepEqual((await removing({ after: 249 })).at, [0]);
  });

  test('is removed by a second call after 250 ms where the first fails or is not answered', async () => {
    for (const first of [{ error: reset() }, { after: 10_000 }, { error: new VimFaultError('transient', 'F', 'm') }]) {
      const { done, at, took } = await removing(first, {});
      assert.deepEqual([done, at, took], [true, [0, 250], 250]);
    }
    assert.equal((await removing({ error: reset() }, { error: gone() })).done, true);
  });

  test('is removed by the first call where the second fails', async () => {
    const { done, at, took } = await removing({ after: 400 }, { error: reset() });
    assert.deepEqual([done, at, took], [true, [0, 250], 400]);
  });

  test('is still there where both fail, which is no error', async () => {
    const { done, at } = await removing({ error: reset() }, { error: reset() });
    assert.deepEqual([done, at], [false, [0, 250]]);
  });

  test('is gone where the server says so, and not where something in front of it does', () => {
    assert.equal(isGone(gone()), true);
    assert.equal(isGone(new VimFaultError('transient', 'F', 'm')), false);
    assert.equal(isGone(new ConnectionError('m', { kind: 'fatal' })), false);
    assert.equal(uncancellable().signal.aborted, false);
  });
});

const WAYS = {
  login: { user: 'u', password: 'p' },
  loginByToken: { token: '<saml:Assertion/>' },
  cloneSession: { cloneTicket: 't' },
  session: { session: { cookie: 'c' } },
};

/** A client that notes its calls; what those answer that are not listed is nothing. */
function client(answers = {}) {
  const calls = [];
  const names = ['login', 'loginByToken', 'cloneSession', 'currentTime', 'useSession', 'confirmSession'];
  const call = (name) => (given) => {
    calls.push([name, given]);
    return answers[name]?.();
  };
  return {
    host: 'vc',
    calls,
    isSessionLost: true,
    ...Object.fromEntries(names.map((name) => [name, call(name)])),
    serviceContent: async () => ({ apiType: 'VirtualCenter', fullName: 'a vCenter', ...answers.content }),
  };
}
const context = { signal: never };
const fault = (kind) => new VimFaultError(kind, 'F', 'a fault');

describe('the way to sign in', () => {
  const needed = 'one way to sign in is needed, and only one: user and password, token, cloneTicket or session';

  test('is the one that was given, an empty text included', () => {
    for (const way of Object.values(WAYS)) assert.deepEqual(signInOf(way), way);
    for (const way of [{ user: '', password: '' }, { token: '' }]) assert.deepEqual(signInOf(way), way);
    assert.deepEqual(signInOf({ ...WAYS.cloneSession, user: 'u' }), WAYS.cloneSession);
  });

  test('is refused where there is none, or more than one', () => {
    const all = Object.values(WAYS);
    const two = all.flatMap((one) => all.filter((other) => other !== one).map((other) => ({ ...one, ...other })));
    for (const given of [{}, { user: 'u' }, { password: 'p' }, ...two]) {
      assert.throws(() => signInOf(given), { name: 'OptionsError', code: 'invalidSignIn', message: needed });
    }
  });

  test('is taken once it is known that the server is no ESXi host', async () => {
    for (const [name, how] of Object.entries(WAYS)) {
      const api = client();
      await signIn(api, how, context);
      const [given] = Object.values(how);
      const expected = {
        login: [['login', how]],
        session: [
          ['useSession', given],
          ['currentTime', context],
        ],
      };
      assert.deepEqual(api.calls, expected[name] ?? [[name, given]]);
      const host = client({ content: { apiType: 'HostAgent', fullName: 'VMware ESXi 8' } });
      await assert.rejects(signIn(host, how, context), {
        name: 'UnsupportedServerError',
        message:
          'vc is an ESXi host (VMware ESXi 8), which keeps no customization events: give the vCenter that manages it',
      });
      assert.deepEqual(host.calls, []);
    }
    const gone = new AbortController();
    gone.abort(new Error('enough'));
    const api = client();
    await assert.rejects(signIn(api, WAYS.login, { signal: gone.signal }), /enough/);
    assert.deepEqual(api.calls, []);
  });

  test('by a token is one whose text is XML', async () => {
    for (const token of ['<a/>', ' \n<a/>', '\uFEFF<a/>', '\uFEFF \uFEFF<a/>'])
      await signIn(client(), { token }, context);
    for (const token of ['', 'PHNhbWw=', 'x<a/>']) {
      const api = client();
      await assert.rejects(signIn(api, { token }, context), {
        code: 'invalidSignIn',
        message: "the token is not the XML of a SAML token's assertion",
      });
      assert.deepEqual(api.calls, []);
    }
  });

  test('by a session that the server does not know is refused, and what else goes wrong is told as it is', async () => {
    const lost = client({ currentTime: () => Promise.reject(fault('notAuthenticated')) });
    await assert.rejects(signIn(lost, WAYS.session, context), {
      name: 'LoginError',
      message: 'vc does not know the session given: it has ended, or is of another server',
    });
    const error = fault('transient');
    await assert.rejects(signIn(client({ currentTime: () => Promise.reject(error) }), WAYS.session, context), error);
  });
});

describe('a session in place of one that was lost', () => {
  function renewing(how, answers) {
    const api = client(answers);
    let ended = 0;
    const collectors = {
      loseSession: () => {
        ended += 1;
      },
    };
    const renewal = new SessionRenewal(api, how, collectors);
    return { api, renew: (signal = never) => renewal.renew({ signal }), ended: () => ended };
  }
  const named = ({ calls }) => calls.map(([name]) => name);

  test('is opened where what was given serves again; the collectors of the old one end before', async () => {
    for (const name of ['login', 'loginByToken']) {
      const { api, renew, ended } = renewing(WAYS[name], { [name]: () => assert.equal(ended(), 1) });
      await renew();
      assert.deepEqual([named(api), ended()], [[name], 1]);
      api.isSessionLost = false;
      await renew();
      assert.deepEqual([named(api), ended()], [[name], 1]);
    }
  });

  test('is not to be had where that serves once: whether it is there all the same is asked', async () => {
    for (const [name, what] of [
      ['session', 'the session given'],
      ['cloneSession', 'the session opened with the clone ticket'],
    ]) {
      const there = renewing(WAYS[name]);
      await there.renew();
      assert.deepEqual([named(there.api), there.ended()], [['currentTime', 'confirmSession'], 0]);
      const failing = (error) => renewing(WAYS[name], { currentTime: () => Promise.reject(error) });
      const ended = failing(fault('notAuthenticated'));
      await assert.rejects(ended.renew(), {
        name: 'VimFaultError',
        kind: 'fatal',
        fault: 'F',
        message: `vc: ${what} has ended, and there is nothing to open another with: start again with a new one`,
      });
      assert.deepEqual(named(ended.api), ['currentTime']);
      const refused = new ConnectionError('401', { code: 'http', kind: 'notAuthenticated' });
      await assert.rejects(failing(refused).renew(), (error) => {
        assert.deepEqual([error.name, error.kind, error.code], ['ConnectionError', 'transient', 'http']);
        return error.message === '401' && error.cause === refused;
      });
      for (const other of [fault('transient'), new ReadError('notAuthenticated', 'no'), new Error('no')]) {
        await assert.rejects(failing(other).renew(), other);
      }
    }
  });
});
