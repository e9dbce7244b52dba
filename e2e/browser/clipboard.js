// Pictures are pasted from the clipboard, and addresses are copied to it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DUCK, GUARDED, URL_BASE, byCommandLine, close, done, download, fixture, open, ready, shown, take } from './harness.js';

const PERMISSIONS = ['clipboard-read', 'clipboard-write'];

test('a GIF that is pasted is captioned as the file that it is', async () => {
  const page = await open();
  // A browser puts no GIF on the clipboard itself: it comes from a file manager, as a file.
  await page.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'pasted.gif', { type: 'image/gif' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, readFileSync(DUCK).toString('base64'));
  await ready(page);
  assert.match(await page.innerText('#about'), /pasted\.gif, 480 × 270/);
  await page.fill('#bottom', 'pasted');
  await page.click('#submit');
  await done(page);
  const { name, bytes } = await download(page);
  assert.equal(name, 'pasted.captioned.gif');
  const captions = [{ text: 'pasted', at: 'bottom', style: 'overlay', font: 'anton', size: 'auto' }];
  assert.ok(bytes.equals(byCommandLine(DUCK, { captions })));
  await close(page);
});

test('Ctrl+V takes a picture from the clipboard, and leaves words to the text', async () => {
  const page = await open();
  await page.context().grantPermissions(PERMISSIONS);
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
  }, readFileSync(fixture('still.png')).toString('base64'));
  await page.focus('#top');
  await page.keyboard.press('Control+V');
  await ready(page);
  assert.match(await page.innerText('#about'), /320 × 200/);
  assert.equal(await page.inputValue('#top'), '');
  await page.evaluate(() => navigator.clipboard.writeText('only words'));
  await page.focus('#top');
  await page.keyboard.press('Control+V');
  await page.waitForFunction(() => document.getElementById('top').value === 'only words');
  assert.match(await page.innerText('#about'), /320 × 200/);
  await close(page);
});

async function captioned(page, words) {
  await take(page, fixture('still.png'));
  await page.fill('#bottom', words);
  await page.click('#submit');
  await done(page);
  return page.locator('#mine-list li').first().getAttribute('data-job');
}

test('the link that is copied is the result\'s own, and says so once for each result', async () => {
  const page = await open();
  await page.context().grantPermissions(PERMISSIONS);
  const id = await captioned(page, 'take this with you');
  await page.click('#copy');
  await page.locator('#copy', { hasText: 'Copied' }).waitFor();
  assert.match(await page.locator('#live').textContent(), /Link copied/);
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${URL_BASE}/v1/jobs/${id}/result`);
  const got = await fetch(link);
  assert.equal(got.headers.get('content-type'), 'image/png');
  assert.ok(Buffer.from(await got.arrayBuffer()).equals((await download(page)).bytes));
  assert.ok(await page.locator('#link-row').isHidden());
  await page.click('#again');
  await captioned(page, 'and this');
  assert.equal(await page.innerText('#copy'), 'Copy link');
  await close(page);
});

test('where the clipboard is forbidden the link is shown, ready to be copied by hand', async () => {
  const page = await open();
  // All that is not named is refused.
  await page.context().grantPermissions(['geolocation']);
  const id = await captioned(page, 'by hand');
  await page.click('#copy');
  assert.match(await shown(page, 'link-note'), /did not allow.*by hand/);
  assert.equal(await page.inputValue('#link'), `${URL_BASE}/v1/jobs/${id}/result`);
  assert.equal(await page.evaluate(() => getSelection().toString()), `${URL_BASE}/v1/jobs/${id}/result`);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'link');
  assert.equal(await page.innerText('#copy'), 'Copy link');
  await close(page);
});

test('a link that opens with a key alone says so', async () => {
  const page = await open({ base: GUARDED.url });
  await page.context().grantPermissions(PERMISSIONS);
  await page.fill('#key', GUARDED.key);
  await captioned(page, 'not for everyone');
  await page.click('#copy');
  assert.match(await shown(page, 'link-note'), /only with an API key/);
  assert.equal((await fetch(await page.evaluate(() => navigator.clipboard.readText()))).status, 401);
  await close(page);
});
