// From the empty page to the download without a pointer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { close, done, open, previewed, ready } from './harness.js';

test('the whole way by keyboard, in the order of the page, with a visible focus', async () => {
  const page = await open();
  const press = (key) => page.keyboard.press(key);
  const now = () => page.evaluate(() => {
    const { activeElement: e } = document;
    const seen = e.id === 'file' ? document.querySelector('label[for=file]') : e.closest('.choice label')?.querySelector('span') ?? e;
    return { name: e.id || e.name || e.textContent.trim(), ring: getComputedStyle(seen).outlineStyle };
  });
  const tabTo = async (name) => {
    await press('Tab');
    const { name: got, ring } = await now();
    assert.equal(got, name);
    assert.equal(ring, 'solid', `${name} shows its focus`);
  };
  await tabTo('Skip to the caption');
  await tabTo('API');
  await tabTo('file');
  await tabTo('sample');
  await press('Enter');
  await ready(page);
  await page.locator('#file').focus();
  await tabTo('play');
  await tabTo('top');
  await page.keyboard.type('hands off');
  await tabTo('bottom');
  await page.keyboard.type('the mouse');
  await tabTo('more-name');
  await tabTo('preset');
  await tabTo('style');
  await press('ArrowRight');
  assert.ok(await page.isChecked('input[value=bar]'));
  await press('ArrowLeft');
  await tabTo('font');
  await tabTo('size');
  await tabTo('align');
  await tabTo('case');
  await tabTo('fill');
  await tabTo('stroke');
  await tabTo('format');
  await tabTo('fit');
  await tabTo('share');
  await previewed(page);
  await tabTo('submit');
  await press('Enter');
  await done(page);
  assert.equal((await now()).name, 'done');
  await tabTo('slide');
  assert.equal(await page.inputValue('#slide'), '100');
  await press('Home');
  assert.equal(await page.getAttribute('#slide', 'aria-valuetext'), 'all before');
  await tabTo('download');
  const file = page.waitForEvent('download');
  await press('Enter');
  assert.equal((await file).suggestedFilename(), 'duck.captioned.gif');
  await tabTo('copy');
  await tabTo('again');
  await press('Enter');
  assert.equal((await now()).name, 'bottom');
  // And from a text, without going to the button.
  await page.keyboard.type(' again');
  await press('Control+Enter');
  await done(page);
  await close(page);
});
