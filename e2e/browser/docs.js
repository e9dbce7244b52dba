// The reference at /docs: an accessibility scan, no sideways scrolling, what a keyboard meets, a screenshot.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { URL_BASE, close, shot, tab, violations } from './harness.js';

const docs = async (looks) => {
  const page = await tab(looks);
  await page.goto(`${URL_BASE}/docs`);
  return page;
};

const unfold = (page) => page.locator('details').evaluateAll((all) => { for (const one of all) one.open = true; });

for (const [width, height] of [[1280, 900], [390, 844]]) {
  for (const scheme of ['light', 'dark']) {
    test(`/docs at ${width} px, ${scheme}, has no accessibility fault and nothing off its edge`, async () => {
      const page = await docs({ width, height, scheme });
      await shot(page, `docs-${width}-${scheme}`);
      // Once in each width and in each scheme with all that opens open: it is a long page to look through.
      const opened = (width > 800) === (scheme === 'light');
      if (opened) await unfold(page);
      assert.deepEqual(await violations(page), []);
      if (!opened) await unfold(page);
      for (const narrow of [width, width - 70]) {
        await page.setViewportSize({ width: narrow, height });
        const off = await page.locator('body, .table, pre').evaluateAll((all) => all
          .filter((e) => e.scrollWidth > e.clientWidth || e.getBoundingClientRect().right > innerWidth)
          .map((e) => `${e.tagName} ${e.scrollWidth} > ${e.clientWidth}: ${e.textContent.slice(0, 60)}`));
        assert.deepEqual(off, [], `at ${narrow} px`);
      }
      await close(page);
    });
  }
}

test('a keyboard skips the contents of /docs, sees where it is, and opens a refusal', async () => {
  const page = await docs({});
  const now = () => page.evaluate(() => {
    const { activeElement: e } = document;
    const { left, top } = e.getBoundingClientRect();
    return { tag: e.tagName, text: e.textContent, ring: getComputedStyle(e).outlineStyle, seen: left >= 0 && top >= 0 && top < innerHeight, within: Boolean(e.closest('main')) };
  });
  await page.keyboard.press('Tab');
  assert.deepEqual(await now(), { tag: 'A', text: 'Skip to the content', ring: 'solid', seen: true, within: false });
  await page.keyboard.press('Enter');
  await page.waitForURL(/#content$/);
  await page.keyboard.press('Tab');
  for (let stops = 0; (await now()).tag !== 'SUMMARY'; stops++) {
    const { within, ring, seen, text } = await now();
    assert.ok(within && ring === 'solid' && seen && stops < 60, text);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.locator('details[open] pre').first().waitFor();
  await close(page);
});
