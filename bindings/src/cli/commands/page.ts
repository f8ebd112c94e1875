/** Serving the status page for one vCenter: people log in on it, or look at what this command's own session watches. */
import { randomBytes, X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { type StatusPage, serveStatusPage } from '../../../server/status-page.js';
import { init } from '../../core/wasm/loader.js';
import { hostOf } from '../../http/server-url.js';
import { nodeTransport } from '../../http/transport-node.js';
import { Metrics } from '../../page-server/metrics.js';
import { PatientVCenter } from '../../page-server/patient-vcenter.js';
import { SharedWatch } from '../../page-server/shared-watch.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { CommandProcess } from '../command-process.js';
import type { Command, ConnectionFlags } from '../input/args.js';
import { type Prompt, resolveConnection, resolveServer } from '../input/credentials.js';
import { contentOf, firstLine } from '../input/files.js';
import { terminalPrompt } from '../input/prompt.js';
import { UsageError } from '../input/usage.js';
import { Interruption } from '../interruption.js';
import { SUCCEEDED } from '../output/exit.js';
import { fileProblem } from '../output/private-file.js';
import { connectAs } from './connect.js';

type PageCommand = Extract<Command, { kind: 'page' }>;

/** What is served, and what ends it. */
interface Served {
  readonly page: Pick<StatusPage, 'source' | 'vcenter' | 'viewed' | 'metrics' | 'token' | 'problem'>;
  /** Rejects when it cannot go on. */
  readonly broken: Promise<never>;
  close(): Promise<void>;
}

// Beside the folder of the bundle.
const FILES = new URL('../page/', import.meta.url);
const TOKEN_BYTES = 18;
const UNREADABLE_MS = 300_000;

/** Serves until it is interrupted; answers the exit status. */
export async function page(command: PageCommand, commandProcess: CommandProcess): Promise<number> {
  const { signal, out } = commandProcess;
  const { listen: host, port, behindTlsProxy } = command;
  const { tls, names: ofCertificate } = tlsOf(command);
  // The names by which browsers reach it: to any other it does not answer.
  const names = [host, hostname().toLowerCase(), ...ofCertificate, ...command.publicNames];
  commandProcess.endsByInterruption(SUCCEEDED);
  const interruption = new Interruption(commandProcess);
  let served: Served | undefined;
  try {
    served = command.shared ? await shareWatch(command, commandProcess) : logInOnPage(command);
    const server = await serveStatusPage({
      files: FILES,
      host,
      port,
      tls,
      behindTlsProxy,
      names,
      ...served.page,
    }).catch((error: unknown) => {
      throw isSystemError(error)
        ? new UsageError(`--listen ${host} --port ${port}: cannot listen there (${fileProblem(error)}): give others`)
        : error;
    });
    const { address } = server;
    out.write(
      [
        `Page:        ${address}`,
        `Wall screen: ${address}#wall=1`,
        ...(command.shared ? [`Metrics:     ${address}metrics`] : []),
        'Ctrl-C ends it.',
        '',
      ].join('\n'),
    );
    try {
      await Promise.race([aborted(signal), served.broken]);
    } finally {
      server.stop();
    }
    return SUCCEEDED;
  } catch (error) {
    if (signal.aborted) {
      return SUCCEEDED;
    }
    throw error;
  } finally {
    await served?.close();
    interruption.release();
  }
}

/** The page speaks to vCenter itself, through this process: the password is that of whoever opens it. */
function logInOnPage({ connection, patterns, readiness: { ready, settleSeconds } }: PageCommand): Served {
  const { url, trust, datacenter } = resolveServer(connection, process.env);
  const vcenter = nodeTransport(url, trust);
  return {
    page: {
      source: {
        content: 'vcenter',
        'data-host': hostOf(url),
        'data-patterns': patterns.join(' '),
        ...(datacenter === undefined ? {} : { 'data-datacenter': datacenter }),
        ...(ready === undefined || ready === null ? {} : { 'data-ready': ready }),
        ...(settleSeconds === undefined ? {} : { 'data-settle': String(settleSeconds) }),
      },
      vcenter,
    },
    broken: new Promise(() => undefined),
    close: async () => vcenter.close(),
  };
}

/** One session and one watch, for all who know the address. */
async function shareWatch(command: PageCommand, { signal, err }: CommandProcess): Promise<Served> {
  await init();
  const token = tokenOf(command.viewersTokenFile);
  const warn = (message: string): void => {
    err.write(`${sanitizeForTerminal(message)}\n`);
  };
  const { datacenter } = resolveServer(command.connection, process.env);
  const vcenter = new PatientVCenter(waysIn(command.connection, warn), datacenter);
  try {
    const { host } = await vcenter.open(signal);
    const patterns = command.patterns.length === 0 ? ['*'] : command.patterns;
    const all = datacenter === undefined ? 'all VMs' : `all VMs of ${datacenter}`;
    const vms = await vcenter.find(patterns, false, signal);
    const metrics = new Metrics();
    let trouble = '';
    const watch = new SharedWatch(vcenter, {
      title: `${command.patterns.length === 0 ? all : patterns.join(' ')} on ${host}`,
      patterns,
      vms,
      readiness: command.readiness,
      warn,
      onProgress: (progress) => {
        metrics.take(progress);
        const told = watch.log.reading.trouble;
        if (told !== trouble) {
          trouble = told;
          warn(told === '' ? `${host} is read again` : `${host}: ${told}; trying again`);
        }
      },
    });
    metrics.follow(watch.relay);
    return {
      page: {
        source: { content: 'shared', 'data-host': host },
        viewed: watch.relay,
        metrics: () => metrics.text(),
        token,
        problem: () =>
          watch.log.reading.heardAgoMs > UNREADABLE_MS
            ? `${host} has not answered for ${UNREADABLE_MS / 1000} s`
            : undefined,
      },
      broken: watch.ended.then(() => {
        throw new Error('the watch has come to an end by itself');
      }),
      close: async () => {
        await watch.stop();
        await closeAndSay(vcenter, host, warn);
      },
    };
  } catch (error) {
    await vcenter.close();
    throw error;
  }
}

async function closeAndSay(vcenter: PatientVCenter, host: string, warn: (message: string) => void): Promise<void> {
  if (!(await vcenter.close())) {
    warn(
      `${host}: the session could not be closed, or an event collector not be removed: it is left until the server ends the session`,
    );
  }
}

/** What is logged in with, read anew each time: a password file may hold another one by then. */
function waysIn(
  flags: ConnectionFlags,
  warn: (message: string) => void,
): ConstructorParameters<typeof PatientVCenter>[0] {
  const prompt = askedOnce(terminalPrompt(false));
  return async () => {
    const connection = await resolveConnection(flags, process.env, prompt);
    return {
      secret: JSON.stringify(connection.signIn),
      connect: (signal) => connectAs(connection, { signal, onRetry: (message) => warn(`${message}; trying again`) }),
    };
  };
}

/** Nobody sits there for weeks to answer again. */
function askedOnce(prompt: Prompt | undefined): Prompt | undefined {
  const answers = new Map<string, Promise<string>>();
  const once = (ask: (question: string) => Promise<string>) => (question: string) => {
    const answer = answers.get(question) ?? ask(question);
    answers.set(question, answer);
    return answer;
  };
  return prompt && { ask: once(prompt.ask), askHidden: once(prompt.askHidden) };
}

/** What it answers TLS with, and the names that its certificate has. */
function tlsOf({ tlsCert, tlsKey }: PageCommand): { tls: StatusPage['tls']; names: readonly string[] } {
  if (tlsCert === undefined || tlsKey === undefined) {
    return { tls: undefined, names: [] };
  }
  const cert = contentOf(tlsCert, '--tls-cert');
  const { subjectAltName = '' } = certificateIn(cert, tlsCert);
  const names = [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) =>
    name.toLowerCase(),
  );
  return { tls: { cert, key: contentOf(tlsKey, '--tls-key') }, names };
}

function certificateIn(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new UsageError(`--tls-cert ${file} holds no certificate: give a PEM file, that of the server first`);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function tokenOf(file: string | undefined): string {
  if (file === undefined) {
    return randomBytes(TOKEN_BYTES).toString('base64url');
  }
  const token = firstLine(contentOf(file, '--viewers-token-file')).trim();
  if (!/^[\w-]{16,200}$/.test(token)) {
    throw new UsageError(
      `--viewers-token-file ${file} holds no token: its first line has to be 16 to 200 letters, digits, - and _, such as \`openssl rand -hex 16\` makes`,
    );
  }
  return token;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
