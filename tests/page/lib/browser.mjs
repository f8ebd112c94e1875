/** A real Chromium, started at the first page and shared by all tests of a file. */
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Nothing of a browser's own asks for anything outside this machine. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let started;
after(async () => (await started)?.close());

/** Pages that no test is at, by what was asked of their windows: one that is there shows the next in a third of the work. */
const unused = new Map();

/**
 * A page in a window of its own, without what others kept.
 *
 * Answers `page`, `context`, `complaints` (what the browser had to say in the console; a test wants none) and `close`.
 *
 * @param {object} [options] as Playwright's `newContext` takes them: `viewport`, `colorScheme` …
 * @param {boolean} [options.isAlone] no other test has the page: one that changes its clock, its network, its scripts …
 */
export async function newPage({
  isAlone = false,
  viewport = { width: 1280, height: 720 },
  colorScheme = 'light',
  reducedMotion = 'no-preference',
  ...options
} = {}) {
  started ??= chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });
  const key = JSON.stringify(options);
  if (!unused.has(key)) unused.set(key, []);
  const pages = unused.get(key);
  const page = (!isAlone && pages.pop()) || (await (await (await started).newContext(options)).newPage());
  const context = page.context();
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion });
  const complaints = [];
  const said = (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(message.text());
    }
  };
  const thrown = (error) => complaints.push(String(error));
  page.on('console', said).on('pageerror', thrown);
  let closed;
  const close = async () => {
    if (isAlone) return context.close();
    page.off('console', said).off('pageerror', thrown);
    try {
      await forget(page);
      pages.push(page);
    } catch {
      await context.close();
    }
  };
  return { page, context, complaints, close: () => (closed ??= close()) };
}

/** Leaves what a page shows, and removes what that has kept: in a document beside it, since a page keeps more as it is left. */
async function forget(page) {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.goto(new URL('/favicon.svg', page.url()).href, { timeout: 5_000 });
  await page.evaluate(() => {
    sessionStorage.clear();
    localStorage.clear();
  });
  await page.context().clearCookies();
  await page.mouse.move(0, 0);
}
