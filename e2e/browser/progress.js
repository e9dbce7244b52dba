// A job that takes long: the bar moves by the job's events, and a cancellation ends the job on the server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, begin, close, done, drop, fixture, jobOf, open, pick, ready } from './harness.js';

test('the bar moves with the frames that the server tells of', async () => {
  const page = await open();
  await page.evaluate(() => {
    // Beside the page, from the same stream: another listener might hear later, and less.
    const { fetch } = globalThis;
    const hear = new WritableStream({ write: (text) => { globalThis.told += text; } });
    globalThis.told = '';
    globalThis.fetch = async (...request) => {
      const answer = await fetch(...request);
      if (/\/events$/.test(request[0])) answer.clone().body.pipeThrough(new TextDecoderStream()).pipeTo(hear).catch(() => {});
      return answer;
    };
    globalThis.seen = [];
    const bar = document.getElementById('bar');
    const look = () => {
      const [, done, frames] = /Frame ([\d,]+) of ([\d,]+)/.exec(document.getElementById('status').textContent) ?? [];
      if (done) globalThis.seen.push({ done: Number(done), frames: Number(frames), bar: bar.position });
    };
    new MutationObserver(look).observe(bar, { attributes: true });
  });
  await begin(page, fixture('slow.gif'));
  await done(page);
  await page.waitForFunction(() => globalThis.told.includes('event: done'));
  const told = await page.evaluate(() => globalThis.told);
  const frames = [...told.matchAll(/"frames_done":(\d+)/g)].map(([, n]) => Number(n));
  const seen = await page.evaluate(() => globalThis.seen);
  const between = seen.filter(({ bar }) => bar > 0 && bar < 1);
  console.log(`progress: ${between.map(({ done }) => done)} of ${between[0]?.frames} seen, ${frames} told`);
  assert.ok(between.length >= 2, 'more than one value on the way');
  for (const { done, frames: of, bar } of seen) {
    assert.equal(of, 300);
    assert.ok(frames.includes(done), `${done} was never told`);
    assert.equal(bar.toFixed(6), (done / of).toFixed(6));
  }
  await close(page);
});

for (const [way, give] of [['button', (page) => page.click('#cancel')], ['Escape', (page) => page.keyboard.press('Escape')]]) {
  test(`cancelling by ${way} ends the job on the server, and keeps what was typed`, async () => {
    const page = await open();
    const id = await begin(page, fixture('slower.gif'));
    assert.equal((await jobOf(id)).state, 'queued');
    await give(page);
    await page.locator('#problem', { hasText: 'Cancelled' }).waitFor();
    assert.equal((await jobOf(id)).state, 'cancelled');
    assert.equal(await page.inputValue('#top'), 'fault: slow frames');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'submit');
    // The way is free for the next.
    await page.fill('#top', 'not slow at all');
    await page.click('#submit');
    await done(page);
    assert.ok(await page.locator('#problem').isHidden());
    await close(page);
  });
}

test('a picture that comes while another is in the making does not push it away, nor get lost without a word', async () => {
  const page = await open();
  const id = await begin(page, fixture('slower.gif'));
  await drop(page, DUCK);
  await page.locator('#file-problem', { hasText: 'is captioned first' }).waitFor();
  assert.match(await page.innerText('#about'), /slower\.gif/);
  await page.click('#cancel');
  await page.locator('#problem', { hasText: 'Cancelled' }).waitFor();
  assert.equal((await jobOf(id)).state, 'cancelled');
  await pick(page, DUCK);
  await page.locator('#about', { hasText: 'duck.gif' }).waitFor();
  assert.ok(await page.locator('#file-problem').isHidden());
  await ready(page);
  await close(page);
});
