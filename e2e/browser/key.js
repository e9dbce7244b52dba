// A server that requires a key: the page asks for it, keeps it in its tab, and sends it with every request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, GUARDED, begin, byCommandLine, close, done, download, drop, enter, fixture, jobOf, open, previewed, ready, shown, violations } from './harness.js';

const CAPTIONS = [{ text: 'members only', at: 'bottom', style: 'overlay', font: 'anton', size: 'auto' }];

test('a key is asked for, refused if it is wrong, kept in the tab, and goes along with everything', async () => {
  const page = await open({ base: GUARDED.url });
  assert.ok(await page.isVisible('#key'));
  assert.match(await page.innerText('#key-hint'), /asks for one.*stays in this tab/);
  await drop(page, DUCK);
  await ready(page);
  await page.fill('#bottom', 'members only');
  assert.match(await shown(page, 'key-problem'), /asks for an API key/);
  await page.click('#submit');
  await page.waitForFunction(() => document.activeElement.id === 'key');
  assert.deepEqual(await violations(page), []);

  await page.keyboard.type('punchline_not_the_one');
  await page.keyboard.press('Enter');
  await page.locator('#key-problem', { hasText: /was not taken.*not known/ }).waitFor();
  assert.equal(await page.inputValue('#bottom'), 'members only');
  assert.match(await page.innerText('#about'), /duck\.gif/);

  // As it is copied out of a mail.
  await page.fill('#key', ` ${GUARDED.key}\n`);
  await page.click('#submit');
  await done(page);
  assert.ok(await page.locator('#key-problem').isHidden());
  const { name, bytes } = await download(page);
  assert.equal(name, 'duck.captioned.gif');
  assert.ok(bytes.equals(byCommandLine(DUCK, { captions: CAPTIONS })));
  assert.equal(await page.locator('#after img').evaluate((image) => image.naturalWidth), 480);
  await page.locator('#mine-list li.drawn').waitFor();

  // A reload remembers it; the picture comes back from the server, key and all.
  await page.reload();
  assert.equal(await page.inputValue('#key'), GUARDED.key);
  await page.locator('#mine-list button').click();
  await done(page);
  assert.equal(await page.locator('#before img').evaluate((image) => image.naturalWidth), 480);
  assert.ok((await download(page)).bytes.equals(bytes));
  for (const request of page.asked) assert.ok(!request.url().includes(GUARDED.key), 'a key in an address');

  // Another tab is another matter.
  const other = await page.context().newPage();
  await enter(other, GUARDED.url);
  assert.equal(await other.inputValue('#key'), '');
  assert.ok(await other.isVisible('#key'));
  await close(page);
});

test('with a key, progress is told and a job can be cancelled', async () => {
  const page = await open({ base: GUARDED.url });
  await page.fill('#key', GUARDED.key);
  const id = await begin(page, fixture('slower.gif'));
  await page.click('#cancel');
  await page.locator('#problem', { hasText: 'Cancelled' }).waitFor();
  assert.equal((await jobOf(id, GUARDED)).state, 'cancelled');
  await close(page);
});

test('a server that asks for no key does not show a field for one', async () => {
  const page = await open();
  await drop(page, DUCK);
  await ready(page);
  await page.fill('#top', 'come in');
  await previewed(page);
  assert.ok(await page.locator('#key').isHidden());
  await close(page);
});
