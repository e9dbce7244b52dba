// The page in each of its states, at two widths, light and dark: an accessibility scan, no sideways scrolling, a screenshot.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, close, done, drop, fixture, hold, open, previewed, ready, shot, shown, violations } from './harness.js';

// A text whose result is stored already would be answered at once, and never be in progress.
const ENDINGS = ['on the first try', 'on a friday', 'in production', 'by itself', 'without a warning', 'again'];

for (const width of [1280, 390, 320]) {
  for (const scheme of ['light', 'dark']) {
    test(`at ${width} px, ${scheme}, no state has an accessibility fault`, async () => {
      const page = await open({ width, height: width > 800 ? 900 : 844, scheme });
      const check = async (state) => {
        assert.deepEqual(await violations(page), [], state);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(sideways <= 0, `${state} scrolls ${sideways} px sideways`);
        const small = await page.locator('button:visible, label.button:visible, a:visible, summary:visible, select:visible, textarea:visible, .choice label:visible, label.check:visible').evaluateAll(
          (elements) => elements.map((e) => [e.id || e.textContent, e.getBoundingClientRect().height]).filter(([, height]) => height > 0 && height < 44));
        assert.deepEqual(small.filter(([id]) => !/Skip/.test(id)), [], `${state}: lower than 44 px`);
        if (width !== 320) await shot(page, `${state}-${width}-${scheme}`);
      };
      await check('empty');
      await drop(page, DUCK);
      await ready(page);
      await page.fill('#top', 'when it compiles');
      await page.fill('#bottom', ENDINGS.shift());
      await previewed(page);
      await check('editing');
      await page.click('#more-name');
      await page.fill('#text', 'a third text');
      await page.check('input[value=shadow]', { force: true });
      await previewed(page);
      await check('more-words');
      await page.check('input[value=box]', { force: true });
      await previewed(page);
      await check('boxes');
      await page.fill('#text', '');
      await page.check('input[value=overlay]', { force: true });
      await page.click('#more-name');
      await previewed(page);
      const goOn = await hold(page);
      await page.click('#submit');
      await page.locator('#status', { hasText: 'Frame 12 of 30' }).waitFor();
      await check('in-progress');
      await goOn();
      await done(page);
      await page.locator('#mine-list li').first().scrollIntoViewIfNeeded();
      await page.locator('#mine-list li.drawn').first().waitFor();
      await check('done');
      await page.click('#again');
      await page.fill('#top', 'when it compiles '.repeat(70).trim());
      await page.click('#submit');
      await shown(page, 'top-problem');
      await drop(page, fixture('no-picture.txt'));
      await shown(page, 'file-problem');
      await check('refused');
      await close(page);
    });
  }
}

test('who wants less motion gets a still frame, until they press play', async () => {
  const page = await open({ motion: 'reduce' });
  await drop(page, DUCK);
  await ready(page);
  await page.locator('#picture canvas[width="480"]').waitFor();
  assert.equal(await page.locator('#picture img').evaluate((image) => getComputedStyle(image).visibility), 'hidden');
  assert.equal(await page.innerText('#play'), 'Play');
  await page.click('#play');
  assert.equal(await page.locator('#picture img').evaluate((image) => getComputedStyle(image).visibility), 'visible');
  assert.ok(await page.locator('#picture canvas').isHidden());
  await close(page);
});
