/** A real Chromium, started at the first page and shared by all. */
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** A page that has to wait this long for its report has failed. */
const LIMIT_MS = 30_000;
/** Nothing of a browser's own asks for anything outside this machine. */
const QUIET = ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let started;
after(async () => (await started)?.close());

/** A window of its own, without what other windows keep. Close it. */
export async function newWindow() {
  started ??= chromium.launch({ executablePath: PROGRAM, args: ['--disable-gpu', '--no-first-run', ...QUIET] });
  return (await started).newContext();
}

/**
 * Opens a page and waits until it says what came of the recording.
 *
 * Answers `outcome`, `{ report }` or `{ error }`; `complaints`, what the browser had to say in the console; and `bodies`,
 * the content of everything that the page loaded.
 */
export async function visit(url) {
  const context = await newWindow();
  try {
    const page = await context.newPage();
    const complaints = [];
    const responses = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    context.on('response', (response) => responses.push(response));
    await page.goto(url);
    const told = page.locator('html[data-outcome]');
    await told.waitFor({ state: 'attached', timeout: LIMIT_MS }).catch((cause) => {
      throw new Error(`${url} told no outcome; its console: ${complaints.join('; ') || 'empty'}`, { cause });
    });
    const outcome = JSON.parse(await told.getAttribute('data-outcome'));
    return { outcome, complaints, bodies: await Promise.all(responses.map((response) => response.body())) };
  } finally {
    await context.close();
  }
}
