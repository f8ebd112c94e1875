import { connectVCenter, init, watchCustomization } from 'vm-customization';

await init();
const form = /** @type {HTMLFormElement} */ (document.getElementById('form'));
const log = /** @type {HTMLElement} */ (document.getElementById('log'));
/** @param {string} line */
const say = (line) => log.append(`${line}\n`);

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? '');
  let vcenter;
  try {
    vcenter = await connectVCenter({ server: '/sdk', user: text('user'), password: text('password') });
    const found = await vcenter.findVms(text('vms').split(/\s+/));
    const watch = watchCustomization(vcenter.events(say), found.vms);
    for await (const { vm, to } of watch) say(`${found.vms.find((known) => known.vm === vm)?.name}: ${to}`);
    for (const row of (await watch.report).vms) say(`${row.name}: ${row.customizationStatus} (${row.conclusion})`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  } finally {
    await vcenter?.close();
  }
});
