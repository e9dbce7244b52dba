// Drop a picture, type, watch, download. The bytes are those that the command line makes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, SLOWLY, begin, byCommandLine, close, done, download, drop, fixture, hold, jobOf, open, previewed, ready, take } from './harness.js';

test('a dropped GIF is captioned, and the download is what the command line makes', async () => {
  const page = await open();
  await drop(page, DUCK);
  await ready(page);
  await page.fill('#top', 'when it compiles');
  await page.fill('#bottom', 'at the first try');
  await previewed(page);
  await page.click('#submit');
  await done(page);
  const asked = page.asked.map((request) => `${request.method()} ${new URL(request.url()).pathname}`.replace(/[0-9a-f]{32}/, 'ID'));
  const way = asked.slice(asked.indexOf('POST /v1/jobs'), asked.indexOf('GET /v1/jobs/ID/result'));
  assert.ok(way.includes('GET /v1/jobs/ID/events') && !way.includes('GET /v1/jobs/ID'), `the end comes through events: ${way}`);
  const { name, bytes } = await download(page);
  assert.equal(name, 'duck.captioned.gif');
  const shared = { style: 'overlay', font: 'anton', size: 'auto' };
  const captions = [{ text: 'when it compiles', at: 'top', ...shared }, { text: 'at the first try', at: 'bottom', ...shared }];
  assert.ok(bytes.equals(byCommandLine(DUCK, { captions })), 'every byte');
  assert.match(await page.locator('#facts').innerText(), /480 × 270 px.*\n*.*Frames/s);

  // Again, with what is there: no second upload of the picture, and other words.
  await page.click('#again');
  assert.equal(await page.inputValue('#top'), 'when it compiles');
  await page.fill('#bottom', 'and nobody saw it');
  await page.check('input[value=bar]', { force: true });
  await page.fill('#size', '30');
  await previewed(page);
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/jobs'));
  await page.click('#submit');
  assert.ok(Number(await (await sent).headerValue('content-length')) < 10_000, 'the server has the picture already');
  await done(page);
  const bar = { style: 'bar', font: 'anton', size: 30 };
  const again = [{ text: 'when it compiles', at: 'top', ...bar }, { text: 'and nobody saw it', at: 'bottom', ...bar }];
  assert.ok((await download(page)).bytes.equals(byCommandLine(DUCK, { captions: again })));
  await page.locator('#mine-list li').nth(1).waitFor();
  await close(page);
});

test('a still is captioned, the sample is, and what its maker shares is in the gallery', async () => {
  const page = await open();
  await take(page, fixture('still.png'));
  await page.fill('#bottom', 'it does not move');
  await page.check('#share');
  await page.click('#submit');
  await done(page);
  const { name, bytes } = await download(page);
  assert.equal(name, 'still.captioned.png');
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
  await page.locator('#gallery-list li').first().waitFor();
  await page.click('#again');
  const sample = page.waitForResponse(/sample\.gif$/);
  await page.evaluate(() => document.getElementById('sample').click());
  assert.equal((await sample).status(), 200);
  await page.locator('#about', { hasText: 'duck.gif' }).waitFor();
  assert.equal(await page.inputValue('#bottom'), 'it does not move');
  await close(page);
});

test('a caption can be cancelled while it is sent and while it is made, and all that was typed is still there', async () => {
  const page = await open();
  await take(page, DUCK);
  await page.fill('#top', 'never mind');
  await page.route('**/v1/jobs', () => {});
  await page.click('#submit');
  await page.click('#cancel');
  await page.locator('#problem', { hasText: 'Cancelled' }).waitFor();
  await page.unroute('**/v1/jobs');
  assert.equal(await page.inputValue('#top'), 'never mind');
  const goOn = await hold(page);
  await page.click('#submit');
  await page.locator('#status', { hasText: 'Frame 12 of 30' }).waitFor();
  const cancelled = page.waitForRequest((request) => request.method() === 'DELETE');
  await page.click('#cancel');
  await cancelled;
  await goOn();
  // This engine may have been faster than the hand; either end is said.
  await page.locator('#done:not([hidden]), #problem:not([hidden])').waitFor();
  assert.ok(await page.isVisible('#submit'));
  assert.equal(await page.inputValue('#top'), 'never mind');
  await close(page);
});

test('a reload finds the caption in the making, and the words', async () => {
  const page = await open();
  // One that takes long: a job that is done before the reload is not in the making.
  const id = await begin(page, fixture('reloaded.gif'));
  await page.reload();
  assert.equal(await page.inputValue('#top'), SLOWLY);
  await page.locator('#status', { hasText: /Captioning\. Frame \d+ of 700/ }).waitFor();
  assert.equal((await jobOf(id)).state, 'queued');
  await done(page);
  assert.equal(await page.locator('#mine-list li').first().getAttribute('data-job'), id);
  assert.equal(await page.locator('#before img').evaluate((image) => image.naturalWidth), (await jobOf(id)).source.width_px);
  await close(page);
});
