/**
 * A wait that moves from one process to another. The first begins it and leaves a snapshot, the second goes on; the time
 * in between counts.
 *
 *   node resume.mjs begin wait.snapshot web-1     # leaves at the first step, or at Ctrl-C
 *   node resume.mjs go-on wait.snapshot
 *
 * The command does this by itself: `wait-vm-customization --state FILE`.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import process from 'node:process';
import { connectVCenter, resumeCustomization, watchCustomization } from 'vm-customization';

const [step, file = '', ...names] = process.argv.slice(2);
const { VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD, VC_THUMBPRINT } = process.env;
const vcenter = await connectVCenter({
  server: VSPHERE_SERVER ?? '',
  user: VSPHERE_USER ?? '',
  password: VSPHERE_PASSWORD ?? '',
  thumbprint: VC_THUMBPRINT,
});
try {
  await (step === 'begin' ? begin() : goOn());
} finally {
  await vcenter.close();
}

async function begin() {
  const found = await vcenter.findVms(names);
  const watch = watchCustomization(vcenter.events(), found.vms);
  /** @type {Promise<undefined>} */
  const interrupted = new Promise((resolve) => {
    process.once('SIGINT', () => resolve(undefined));
  });
  const step = await Promise.race([watch[Symbol.asyncIterator]().next(), interrupted]);
  if (step !== undefined && !step.done) {
    console.log(`${step.value.vm}: ${step.value.to}`);
  }
  // Ids mean nothing in another vCenter, so that it is kept which one they are of.
  const saved = { instanceUuid: vcenter.instanceUuid, snapshot: watch.snapshot() };
  await replaceFile(JSON.stringify(saved));
  // After the snapshot: the end of this process is not the end of the wait.
  watch.cancel();
  await watch.report;
}

/**
 * The snapshot before or the new one, and never a part; under a name that nobody can put a link at.
 *
 * @param {string} text
 */
async function replaceFile(text) {
  const path = `${file}.${randomUUID()}`;
  const temporary = await open(path, 'wx', 0o600);
  try {
    await temporary.writeFile(text);
    await temporary.sync();
  } finally {
    await temporary.close();
  }
  await rename(path, file);
}

async function goOn() {
  const { instanceUuid, snapshot } = JSON.parse(await readFile(file, 'utf8'));
  if (instanceUuid !== vcenter.instanceUuid) {
    throw new Error(`${file} is of another vCenter than ${vcenter.host}`);
  }
  const watch = resumeCustomization(vcenter.events(), snapshot);
  for await (const { vm, to } of watch) {
    console.log(`${vm}: ${to}`);
  }
  console.log(JSON.stringify(await watch.report));
}
