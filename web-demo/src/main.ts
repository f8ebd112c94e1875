import { init } from 'vm-customization';
import { Page } from './page.js';

const page = new Page();
// What is played or restored needs the core at once.
await init();
await page.open();
