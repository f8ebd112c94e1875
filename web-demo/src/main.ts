import { init } from 'vm-customization';
import core from 'vm-customization/core.wasm?url';
import { loadDialogs, Page } from './page/page.js';
import { html, messageOf, setText } from './ui/dom.js';

const LOAD_DIALOGS_AFTER_MS = 3_000;

const loaded = init(fetch(core));
const page = new Page();
try {
  // What is played or restored needs the core at once.
  await loaded;
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  await page.open(navigation?.type === 'reload' || navigation?.type === 'back_forward');
  // What a click may need is there also when the network is not.
  setTimeout(loadDialogs, LOAD_DIALOGS_AFTER_MS);
} catch (error) {
  setText(html('error'), messageOf(error));
  throw error;
}
