// Everyone sees a result that its maker shows, and a visitor of the gallery does not lose the work on the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, close, done, download, drop, fixture, open, previewed, ready, take } from './harness.js';

test('what is not shared is not in the gallery, and what is shared is there for the next visitor', async () => {
  const maker = await open();
  await drop(maker, DUCK);
  await ready(maker);
  await maker.fill('#bottom', 'between us');
  await maker.click('#submit');
  await done(maker);
  await maker.click('#again');
  await maker.fill('#bottom', 'for everyone');
  await maker.check('#share');
  await maker.click('#submit');
  await done(maker);
  await maker.locator('#gallery-list bdi', { hasText: 'for everyone' }).waitFor();
  const made = await download(maker);

  const visitor = await open();
  const tile = visitor.locator('#gallery-list li', { hasText: 'for everyone' });
  await tile.waitFor();
  assert.equal(await visitor.locator('#gallery-list li', { hasText: 'between us' }).count(), 0);
  await tile.scrollIntoViewIfNeeded();
  await visitor.locator('#gallery-list li.drawn', { hasText: 'for everyone' }).waitFor();
  await tile.locator('button').click();
  await done(visitor);
  assert.ok((await download(visitor)).bytes.equals(made.bytes));
  assert.ok(await visitor.locator('#mine').isHidden(), 'it is not from this tab');
  assert.equal(await visitor.inputValue('#bottom'), '', 'its words stay its maker\'s');
  assert.ok(await visitor.locator('#aside').isHidden(), 'nothing was set aside');
  // And one's own words on the same picture.
  await visitor.click('#again');
  assert.match(await visitor.innerText('#about'), /^480 × 270, 152 kB$/);
  await visitor.fill('#top', 'my own');
  await visitor.click('#submit');
  await done(visitor);
  await visitor.locator('#mine-list bdi', { hasText: 'my own' }).waitFor();
  await close(visitor);
  await close(maker);
});

test('who looks at another picture finds their own again, with the words', async () => {
  const page = await open();
  await take(page, fixture('still.png'));
  await page.fill('#top', 'not finished yet');
  await previewed(page);
  await page.locator('#gallery-list li button').first().click();
  await done(page);
  assert.equal(await page.inputValue('#top'), 'not finished yet');
  await page.click('#back');
  await page.locator('#about', { hasText: 'still.png' }).waitFor();
  assert.ok(await page.locator('#aside').isHidden());
  assert.equal(await page.inputValue('#top'), 'not finished yet');
  await page.click('#submit');
  await done(page);
  assert.equal((await download(page)).name, 'still.captioned.png');
  await close(page);
});
