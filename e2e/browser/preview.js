// Compares the preview with the result: the box of the letters as the browser draws them, and the box of the pixels that the engine changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, close, done, open, previewed, take } from './harness.js';

const WITHIN_PX = 2;
const TEXTS = [
  { bottom: 'monday' },
  { top: 'one does not simply caption a GIF without reading the whole of its specification first' },
  { bottom: 'jumping qualities\nof a fjord', size: '24' },
  { top: 'Grüße aus Čeština', size: '60' },
  { bottom: 'tiny', size: '9' },
  { top: 'above', bottom: 'and below, a good deal longer' },
];

/** The box of each drawn caption, in the result's pixels. */
const drawn = (page) => page.locator('#ink path').evaluateAll((paths) => paths.map((path) => {
  const { x, y, width, height } = path.getBBox();
  const reach = path.hasAttribute('stroke') ? Number(path.getAttribute('stroke-width')) / 2 : 0;
  return { at: path.dataset.at, box: [x - reach, y - reach, x + width + reach, y + height + reach] };
}));

/** The box of the pixels that differ between source and result within some rows of the result. Rows without a source count as white. */
const changed = (page, [from, to]) => page.evaluate(async ([from, to]) => {
  const first = async (image) => {
    const bitmap = await createImageBitmap(await (await fetch(image)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    return canvas.getContext('2d').getImageData(0, 0, bitmap.width, bitmap.height);
  };
  const id = document.querySelector('#mine-list li').dataset.job;
  const [source, result] = await Promise.all([first(`/v1/jobs/${id}/source`), first(`/v1/jobs/${id}/result`)]);
  const top = Math.round((Number.parseFloat(document.getElementById('before').style.top) / 100) * result.height);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = Math.max(0, from); y < Math.min(result.height, to); y++) {
    for (let x = 0; x < result.width; x++) {
      const inside = y >= top && y < top + source.height;
      const [a, b] = [(y * result.width + x) * 4, ((y - top) * source.width + x) * 4];
      const differs = [0, 1, 2].some((c) => result.data[a + c] !== (inside ? source.data[b + c] : 255));
      if (!differs) continue;
      [box[0], box[1], box[2], box[3]] = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x + 1), Math.max(box[3], y + 1)];
    }
  }
  return box;
}, [from, to]);

test('the preview stands where the result does', async () => {
  const page = await open();
  // This test reads pictures from within the page; blob: addresses are the page's own.
  await take(page, DUCK);
  let worst = 0;
  for (const style of ['overlay', 'bar']) {
    for (const { top = '', bottom = '', size = '' } of TEXTS) {
      await page.check(`input[value=${style}]`, { force: true });
      await page.fill('#size', size);
      await page.fill('#top', top);
      await page.fill('#bottom', bottom);
      // Of these words: what was typed before may have been asked for meanwhile.
      const texts = [top, bottom].filter(Boolean).join();
      const isOfThem = (request) => request.postDataJSON().captions.map(({ text }) => text).join() === texts;
      const layout = page.waitForResponse((response) => response.url().endsWith('/v1/layout') && isOfThem(response.request()));
      await page.locator('#bottom').dispatchEvent('input');
      const { height_px } = await (await layout).json();
      await previewed(page);
      const boxes = await drawn(page);
      const before = await page.evaluate(() => document.querySelector('#mine-list li')?.dataset.job);
      await page.click('#submit');
      await done(page);
      await page.waitForFunction((before) => document.querySelector('#mine-list li')?.dataset.job !== before, before);
      for (const { at, box } of boxes) {
        const rows = boxes.length === 1 ? [0, height_px] : at === 'top' ? [0, height_px >> 1] : [height_px >> 1, height_px];
        const real = await changed(page, rows);
        const off = Math.max(...box.map((edge, i) => Math.abs(edge - real[i])));
        console.log(`preview ${style} ${at} size ${size || 'auto'}: ${off.toFixed(2)} px off (${box.map((edge) => edge.toFixed(1))} drawn, ${real} changed)`);
        worst = Math.max(worst, off);
      }
      await page.click('#again');
    }
  }
  console.log(`preview against result: at most ${worst.toFixed(2)} px`);
  assert.ok(worst <= WITHIN_PX, `${worst} px`);
  await close(page);
});
