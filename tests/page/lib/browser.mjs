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

/**
 * A page in a window of its own, without what other windows keep.
 *
 * Answers `page`, `complaints` (what the browser had to say in the console; a test wants none) and `close`.
 *
 * @param options - as Playwright's `newContext` takes them: `viewport`, `colorScheme` …
 */
export async function newPage(options = {}) {
  const context = await newWindow(options);
  return { ...(await newPageIn(context)), close: () => context.close() };
}

/** A window of its own, which is closed with the browser at the latest. */
export async function newWindow(options) {
  started ??= chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });
  return (await started).newContext(options);
}

/** A page beside others in one window: it opens in two fifths of the time, and has what they keep. */
export async function newPageIn(context) {
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, context, complaints, close: () => page.close() };
}
