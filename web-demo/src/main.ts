import { init } from 'vm-customization';
import core from 'vm-customization/core.wasm?url';
import { Page } from './page/page.js';
import { html, messageOf, setText } from './ui/dom.js';

const loaded = init(fetch(core));
const page = new Page();
try {
  // What is played or restored needs the core at once.
  await loaded;
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  await page.open(navigation?.type === 'reload' || navigation?.type === 'back_forward');
} catch (error) {
  setText(html('error'), messageOf(error));
  throw error;
}
