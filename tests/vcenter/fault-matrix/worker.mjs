/** Lives through a share of the cells in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { cells, nameOf } from './cells.mjs';
import { judge } from './judge.mjs';
import { live } from './world.mjs';

// Each end of a call is an error with a stack that nobody reads here.
Error.stackTraceLimit = 0;

const { share, shares } = workerData;
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));

let lived = 0;
let requests = 0;
for (const [index, cell] of [...cells()].entries()) {
  if (index % shares !== share) continue;
  lived += 1;
  let wrong;
  try {
    const life = await live(cell);
    requests += life.requests.length;
    wrong = judge(cell, life);
  } catch (error) {
    wrong = [error.stack];
  }
  for (const error of unhandled.splice(0)) wrong.push(`nobody heard of ${error?.stack ?? error}`);
  if (wrong.length > 0) parentPort.postMessage({ wrong: `${nameOf(cell)}: ${wrong.join('; ')}` });
}
parentPort.postMessage({ lived, requests });
