/** `--inventory`: waiting on several servers at a time. */
import process from 'node:process';
import { InternalError, OptionsError, ReadError, VmCustomizationError } from '../../errors.js';
import type { Report, RowError } from '../../types.js';
import { linkedTo } from '../../util/abort.js';
import { inFlags, WAIT_FLAGS } from '../input/flags.js';
import { type InventoryServer, readInventory } from '../input/inventory.js';
import { UsageError } from '../input/usage.js';
import type { Reporter } from '../output/reporter.js';
import { reportOfAll, ServersReporter } from '../output/servers.js';
import type { SavedRun } from '../state-file.js';
import { mergedReport, rowWithoutVm, TransitionCounter } from './merged-report.js';
import { checkNames, namesText, type Plan, type PlanSurroundings, type WaitCommand, type WaitEnd } from './plan.js';
import { type Outcome, type Surroundings, waitOnServer } from './server-wait.js';

/**
 * What the file of servers asks for.
 * @throws {@link UsageError} for what cannot be used of it, before any server is asked
 */
export async function planOfServers(
  command: WaitCommand,
  saved: ReadonlyMap<string, SavedRun>,
  reporter: Reporter,
): Promise<Plan> {
  const servers = await readInventory(String(command.inventory), process.env);
  for (const [name, run] of saved) {
    const server = servers.find((each) => each.name === name);
    if (server === undefined) {
      throw new UsageError(
        `--state ${command.state} holds a run on '${name}', which is not in --inventory ${command.inventory}: give that inventory, or another file`,
      );
    }
    checkNames(server.vms, run, `--state ${command.state}, of ${name},`);
  }
  const view = new ServersReporter(reporter, servers);
  const isOver = (name: string): boolean => (saved.get(name)?.report.endedAtMs ?? null) !== null;
  const wait = async (surroundings: PlanSurroundings): Promise<WaitEnd> => {
    view.begin();
    if (saved.size > 0) {
      reporter.warn(`going on with the runs of --state ${command.state}: their VMs, rules and time limits hold`);
    }
    // A fault of ours on one of them ends all.
    const stop = linkedTo(surroundings.signal);
    const ends = await Promise.allSettled(
      servers.map(async (server) => {
        try {
          return await waitOnOneOf(server, command, saved.get(server.name), {
            ...surroundings,
            reporter: view.of(server.name),
            state: surroundings.state?.part(server.name),
            signal: stop.signal,
          });
        } catch (error) {
          stop.abort(error);
          throw error;
        }
      }),
    );
    stop.release();
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) {
      throw failed.reason;
    }
    return together(
      servers,
      ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])),
    );
  };
  const vms = namesText([...new Set(servers.flatMap((server) => server.vms))]);
  const where = `${servers.length} servers (${namesText(servers.map(({ name }) => name))})`;
  if (!servers.every(({ name }) => isOver(name))) {
    return { vms, where, wait };
  }
  const over = (): WaitEnd =>
    together(
      servers,
      servers.map(({ name }) => told(view.of(name), saved.get(name) as SavedRun)),
    );
  return { vms, where, over, wait };
}

/** Never rejects for what is wrong with that server: its VMs cannot be observed then. */
async function waitOnOneOf(
  { name, connection, vms }: InventoryServer,
  { options, push, waitForVm }: WaitCommand,
  saved: SavedRun | undefined,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { reporter, signal, startedAt } = surroundings;
  if (saved !== undefined && saved.report.endedAtMs !== null) {
    return told(reporter, saved);
  }
  try {
    return await waitOnServer({ connection, names: vms, options, push, saved, waitForVm, server: name }, surroundings);
  } catch (error) {
    if (signal.aborted) {
      return withoutServer(vms, saved, undefined, startedAt);
    }
    // The options of the wait are those of all servers.
    const isOfAll = error instanceof OptionsError && error.code === 'invalidOptions';
    if (!(error instanceof VmCustomizationError) || isOfAll || error instanceof InternalError) {
      throw error;
    }
    const message = inFlags(error.message, WAIT_FLAGS);
    reporter.warn(message);
    const kind = error instanceof ReadError ? error.kind : 'fatal';
    const outcome = withoutServer(vms, saved, { kind, message }, startedAt);
    for (const row of outcome.report.vms) {
      reporter.progress({ type: 'concluded', row }, () => row);
    }
    return outcome;
  }
}

function told(reporter: Reporter, { report, everRead }: SavedRun): Outcome {
  reporter.begin(report.vms, report.vms);
  return { report, everRead, anyRead: everRead };
}

/** The rows of a server that nothing was heard of: of its run so far, or of what was asked for. */
function withoutServer(
  names: readonly string[],
  saved: SavedRun | undefined,
  error: RowError | undefined,
  startedAt: number,
): Outcome {
  const conclusion = error === undefined ? 'cancelled' : 'unobservable';
  const why = error === undefined ? {} : { error };
  const report: Report =
    saved === undefined
      ? mergedReport(
          [],
          names.map((name) => rowWithoutVm(name, conclusion, error ?? null)),
          Math.floor(performance.now() - startedAt),
          new TransitionCounter(),
        )
      : {
          ...saved.report,
          vms: saved.report.vms.map((row) => (row.conclusion === undefined ? { ...row, conclusion, ...why } : row)),
        };
  return { report, everRead: false, anyRead: false };
}

function together(servers: readonly InventoryServer[], outcomes: readonly Outcome[]): WaitEnd {
  const reports = outcomes.map(({ report }, index) => ({ server: servers[index]?.name ?? '', report }));
  return {
    report: reportOfAll(reports),
    everRead: outcomes.some(({ everRead }) => everRead),
    anyRead: outcomes.some(({ anyRead }) => anyRead),
    servers: reports,
  };
}
