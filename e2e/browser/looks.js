// Looks by name, fonts in their own letters, and what has a time: what is chosen is what is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, byCommandLine, close, done, download, open, previewed, shown, take } from './harness.js';

const font = (page, name) => page.check(`#fonts input[value=${name}]`, { force: true });

test('a look fills the form in, and the result is what it says', async () => {
  const page = await open();
  await take(page, DUCK);
  await page.selectOption('#preset', 'caption');
  await page.fill('#top', 'a tenth of the width');
  await previewed(page);
  assert.equal(await page.inputValue('#size'), '10%');
  assert.ok(await page.isChecked('input[name=style][value=bar]'));
  await page.locator('#size-note', { hasText: /^48 px$/ }).waitFor();
  await page.click('#submit');
  await done(page);
  const caption = { text: 'a tenth of the width', at: 'top', style: 'bar', font: 'anton', size: '10%' };
  assert.ok((await download(page)).bytes.equals(byCommandLine(DUCK, { captions: [caption] })));

  // A style of one's own is no look's any more.
  await page.click('#again');
  await page.check('input[name=style][value=shadow]', { force: true });
  assert.equal(await page.inputValue('#preset'), '');
  await page.selectOption('#preset', 'meme');
  assert.ok(await page.isChecked('#case') && await page.isChecked('input[name=style][value=overlay]'));
  assert.equal(await page.inputValue('#size'), '');
  await page.reload();
  await page.locator('#fonts label').nth(1).waitFor({ state: 'attached' });
  assert.equal(await page.inputValue('#preset'), 'meme');
  await close(page);
});

test('each font is shown in its own letters, and the chosen one is drawn', async () => {
  const page = await open();
  await take(page, DUCK);
  const drawn = await page.locator('#fonts label').evaluateAll((labels) => labels.map((label) => {
    const { width, height } = label.querySelector('svg').getBoundingClientRect();
    return { name: label.querySelector('input').value, letters: label.querySelector('path').getAttribute('d'), width, height };
  }));
  assert.ok(drawn.length >= 11, `${drawn.length} fonts`);
  assert.equal(new Set(drawn.map(({ letters }) => letters)).size, drawn.length);
  for (const { name, width, height } of drawn) assert.ok(width > 20 && width < 260 && height > 10, `${name}: ${width} x ${height}`);
  await page.fill('#bottom', 'pow');
  await previewed(page);
  const before = await page.locator('#ink path').getAttribute('d');
  await font(page, 'bangers');
  await page.locator(`#ink path:not([d="${before}"])`).waitFor({ state: 'attached' });
  await page.click('#submit');
  await done(page);
  const caption = { text: 'pow', at: 'bottom', style: 'overlay', font: 'bangers', size: 'auto' };
  assert.ok((await download(page)).bytes.equals(byCommandLine(DUCK, { captions: [caption] })));
  await close(page);
});

test('a caption that has a time is marked with it, and a bar with one is refused at its field', async () => {
  const page = await open();
  await take(page, DUCK);
  await page.fill('#bottom', 'now and then');
  await previewed(page);
  assert.equal(await page.locator('#ink .when').count(), 0);
  await page.click('#more-name');
  await page.fill('#from', '0.5');
  await page.locator('#ink .when', { hasText: 'from 0.5 s' }).waitFor();
  assert.match(await shown(page, 'bottom-note'), /Shown from 0\.5 s of each loop/);
  await page.check('input[name=style][value=bar]', { force: true });
  assert.match(await shown(page, 'from-problem'), /there all the time; leave the time out, or take another style/);
  await page.check('input[name=style][value=box]', { force: true });
  await page.locator('#ink .when').waitFor();
  await close(page);
});
