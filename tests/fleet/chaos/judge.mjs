/** What is wrong with what a fleet has left behind: pure. */

/**
 * @param {object} wait of the plan
 * @param {{ results: object[], transitions: Map<number, object[]> }} left its results, and its transitions by number
 * @returns {{ lost: string[], doubled: string[], wrong: string[] }}
 */
export function judge(wait, { results, transitions }) {
  const found = { lost: [], doubled: [], wrong: [] };
  const [result] = results;
  if (result === undefined) {
    found.lost.push(`${wait.id} has no result`);
    return found;
  }
  if (results.length > 1) found.doubled.push(`${wait.id} has ${results.length} results`);
  const { report } = result.data;
  if (report === undefined) {
    found.wrong.push(`${wait.id} has no report: ${JSON.stringify(result.data.error)}`);
    return found;
  }
  const rows = report.vms.map(({ customizationStatus, conclusion, failure, readyAt }) => ({
    customizationStatus,
    conclusion,
    failure: failure?.type ?? null,
    isReady: readyAt !== undefined,
  }));
  const truth = wait.members.map((member) => ({
    ...member.truth,
    isReady: wait.ready && member.truth.customizationStatus === 'CustomizationSucceeded',
  }));
  if (JSON.stringify(rows) !== JSON.stringify(truth)) {
    found.wrong.push(`${wait.id} is ${JSON.stringify(rows)}, and was staged as ${JSON.stringify(truth)}`);
  }
  for (const [n, events] of transitions) {
    if (events.length > 1) found.doubled.push(`${wait.id} has its transition ${n} ${events.length} times`);
  }
  const told = report.transitions.map(({ n }) => transitions.get(n)?.[0]?.data.transition);
  if (transitions.size !== report.transitions.length || JSON.stringify(told) !== JSON.stringify(report.transitions)) {
    found.wrong.push(
      `${wait.id} has told ${transitions.size} transitions, its report has ${report.transitions.length}`,
    );
  }
  found.wrong.push(...chainProblems(wait.id, report.transitions));
  return found;
}

/** The transitions of a VM form a chain, and those of a wait are numbered without a gap. */
function chainProblems(id, transitions) {
  const problems = [];
  const last = new Map();
  for (const [at, { n, vm, from, to }] of transitions.entries()) {
    if (n !== at) problems.push(`${id}: the transition ${at} has the number ${n}`);
    if (last.has(vm) && last.get(vm) !== from) problems.push(`${id}: ${vm} goes on from ${from}, was ${last.get(vm)}`);
    last.set(vm, to);
  }
  return problems;
}

/** The value below which this part of the values is; undefined without any. */
export function quantile(values, part) {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
