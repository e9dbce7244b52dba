// What the page costs: bytes, requests, time. No request goes to another host.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, URL_BASE, close, done, open, pick, take } from './harness.js';

// Fonts in their own letters and looks by name take 4 kB; kinds of files, platforms and videos 3 kB.
const MOST_BYTES = 81_000;
const MOST_REQUESTS = 17;

test('the page is light, and asks nobody but its own server', async () => {
  const page = await open();
  const asked = page.asked.filter((request) => !request.url().startsWith('blob:') && !request.url().includes('/v1/'));
  const sizes = await Promise.all(asked.map(async (request) => (await (await request.response()).body()).length));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const painted_ms = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  console.log(`page: ${bytes} bytes uncompressed, ${asked.length} requests, first paint after ${painted_ms?.toFixed(0)} ms`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  assert.ok(asked.length <= MOST_REQUESTS, `${asked.length} requests`);
  const began = performance.now();
  await take(page, DUCK);
  const seen = performance.now();
  await page.fill('#bottom', 'how long');
  await page.click('#submit');
  await done(page);
  console.log(`page: ${(seen - began).toFixed(0)} ms from the pick to the picture, ${(performance.now() - seen).toFixed(0)} ms from typing to the captioned one`);
  for (const request of page.asked) assert.ok([URL_BASE, `blob:${URL_BASE}`].some((own) => request.url().startsWith(own)), request.url());
  await page.reload();
  const again = await page.evaluate(() => performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/page/') && entry.transferSize > 1_000).length);
  assert.equal(again, 0, 'nothing comes twice');
  await close(page);
});
