// What the tests of the page share: a browser, a page whose errors and requests are recorded, the program to compare with, and the kill
// and the start of the server. It must never wait for a fixed time, only for something visible.

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const env = (name) => process.env[name] ?? (() => { throw new Error(`${name} is not set; e2e/tests/browser.rs sets it`); })();
export const URL_BASE = env('PUNCHLINE_URL');
/** A server that requires a key, and the one key that it knows. */
export const GUARDED = { url: env('PUNCHLINE_GUARDED_URL'), key: env('PUNCHLINE_KEY') };
// There is no node_modules in the tree: the packages are installed with the other tools.
const require = createRequire(path.join(env('PUNCHLINE_NODE_MODULES'), 'any'));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const fixture = (name) => path.join(env('PUNCHLINE_FIXTURES'), name);
export const DUCK = fixture('duck.gif');

let browser;
/** An empty tab that records script errors, broken policies and requests. */
export async function tab({ width = 1280, height = 900, scheme = 'light', motion = 'no-preference' } = {}) {
  browser ??= await chromium.launch({ executablePath: process.env.PUNCHLINE_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ARGS });
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: motion, acceptDownloads: true });
  // For every tab that a test opens in this context. It is so long that only a defect reaches it.
  context.setDefaultTimeout(Number(process.env.PUNCHLINE_PATIENCE_MS ?? 240_000));
  const page = await context.newPage();
  page.faults = [];
  page.asked = [];
  page.on('pageerror', (error) => page.faults.push(`error: ${error.message}`));
  page.on('console', (line) => { if (/Content Security Policy|Uncaught/.test(line.text())) page.faults.push(line.text()); });
  page.on('request', (request) => page.asked.push(request));
  return page;
}

/** The page in a tab of its own. */
export async function open({ base = URL_BASE, ...options } = {}) {
  const page = await tab(options);
  await enter(page, base);
  return page;
}

/** Opens the page, and waits until it has the server's limits and fonts. */
export async function enter(page, base = URL_BASE) {
  await page.goto(base);
  await page.locator('#fonts label').nth(1).waitFor({ state: 'attached' });
}

/** Closes a page and fails if a script failed or its policy was broken on the way. */
export async function close(page) {
  const { faults } = page;
  await page.context().close();
  if (faults.length) throw new Error(faults.join('\n'));
}

export const end = () => browser?.close();

export async function drop(page, file) {
  const name = path.basename(file);
  const dropped = await page.evaluateHandle(([name, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name));
    return transfer;
  }, [name, readFileSync(file).toString('base64')]);
  await page.dispatchEvent('main', 'dragover', { dataTransfer: dropped });
  await page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
}

export const pick = (page, file) => page.setInputFiles('#file', file);

/** Picks a picture that the page can show, and waits until it does. */
export async function take(page, file) {
  await pick(page, file);
  await ready(page);
}

/** The text with which a server under test takes 20 ms for each frame, on any number of threads (a fault of its test build). */
export const SLOWLY = 'fault: slow frames';

/** Sends a picture with that text, and returns the job's id once the bar shows real progress. */
export async function begin(page, file) {
  await take(page, file);
  await page.fill('#top', SLOWLY);
  await page.click('#submit');
  await page.locator('#status', { hasText: /Captioning\. Frame [\d,]+ of / }).waitFor();
  return page.evaluate(() => sessionStorage.getItem('punchline.job'));
}

/** A job as the server shows it. */
export const jobOf = async (id, { url = URL_BASE, key } = {}) =>
  (await fetch(`${url}/v1/jobs/${id}`, { headers: key ? { Authorization: `Bearer ${key}` } : {} })).json();

/** Waits for the preview of what was typed last. */
export async function previewed(page) {
  await page.locator('#ink path').first().waitFor({ state: 'attached' });
  await page.locator('#ink:not([aria-busy])').waitFor({ state: 'attached' });
}

export const ready = (page) => page.locator('#editing:not([hidden]) #about:not(:empty)').waitFor();
export const done = (page) => page.locator('#done:not([hidden])').waitFor();
export const shown = (page, id) => page.locator(`#${id}:not([hidden])`).waitFor().then(() => page.locator(`#${id}`).innerText());

export async function download(page) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/** What the command line makes of the same picture and the same spec. */
export function byCommandLine(file, spec) {
  const folder = mkdtempSync(path.join(tmpdir(), 'punchline-browser-'));
  const [specFile, out] = [path.join(folder, 'spec.json'), path.join(folder, 'out')];
  writeFileSync(specFile, JSON.stringify(spec));
  execFileSync(env('PUNCHLINE_BIN'), ['caption', file, '-o', out, '--spec', specFile]);
  return readFileSync(out);
}

/** Shows a job at frame 12 of 30 until the returned function is called. */
export async function hold(page) {
  let open;
  const gate = new Promise((resolve) => { open = resolve; });
  const news = 'event: progress\ndata: {"event":"progress","frames_done":12,"frames":30}\n\n';
  const events = /\/v1\/jobs\/\w+\/events$/;
  const state = /\/v1\/jobs\/\w+$/;
  await page.route(events, (route) => route.fulfill({ contentType: 'text/event-stream', body: news }));
  await page.route(state, async (route) => {
    if (route.request().method() === 'GET') await gate;
    await route.continue();
  });
  return async () => {
    open();
    await page.unroute(events);
    await page.unroute(state);
  };
}

export async function violations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
}

/** Writes a screenshot, if a folder for them is set. */
export async function shot(page, name) {
  const folder = process.env.PUNCHLINE_SHOTS;
  if (!folder) return;
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

/** The program that started these tests has the server. It kills and starts it when asked, and answers when that is done. */
const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function order(what) {
  process.stdout.write(`@server ${what}\n`);
  const { value } = await answers.next();
  if (value !== 'ok') throw new Error(`the server was told to ${what}: ${value}`);
}
export const server = { kill: () => order('kill'), start: () => order('start') };
