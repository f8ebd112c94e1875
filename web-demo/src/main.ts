import { init } from 'vm-customization';
import { Page } from './page.js';

const page = new Page();
// What is played or restored needs the core at once.
await init();
const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
await page.open(navigation?.type === 'reload' || navigation?.type === 'back_forward');
