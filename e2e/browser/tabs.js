// Two tabs of one browser do not affect each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, URL_BASE, close, done, fixture, open, pick, ready } from './harness.js';

test('two tabs keep their own words, jobs and results', async () => {
  const first = await open();
  const second = await first.context().newPage();
  await second.goto(URL_BASE);
  await Promise.all([pick(first, DUCK), pick(second, fixture('still.png'))]);
  await Promise.all([ready(first), ready(second)]);
  await Promise.all([first.fill('#top', 'the first'), second.fill('#top', 'the second')]);
  await Promise.all([first.click('#submit'), second.click('#submit')]);
  await Promise.all([done(first), done(second)]);
  for (const [page, words, name] of [[first, 'the first', 'duck.captioned.gif'], [second, 'the second', 'still.captioned.png']]) {
    await page.locator('#mine-list bdi').first().waitFor();
    assert.deepEqual(await page.locator('#mine-list bdi').allInnerTexts(), [words]);
    assert.equal(await page.getAttribute('#download', 'download'), name);
    await page.reload();
    assert.equal(await page.inputValue('#top'), words);
  }
  await close(first);
});
