// Every refusal is shown as text beside its field, and what was typed stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, close, done, fixture, open, pick, previewed, shown, take } from './harness.js';

const focused = (page) => page.evaluate(() => document.activeElement.id);

test('pictures that are none, cut short, too large, too many frames: said beside the picture', async () => {
  const page = await open();
  await page.fill('#top', 'kept');
  await pick(page, fixture('no-picture.txt'));
  assert.match(await shown(page, 'file-problem'), /“no-picture\.txt” is no GIF, PNG, JPEG or WebP/);
  for (const [file, words] of [['cut-short.gif', /cut short/], ['wide.gif', /60000.*4096/], ['many.gif', /more than 2000 frames/]]) {
    await pick(page, fixture(file));
    // Until it stands in the place of the one before it, the button means that one.
    await page.locator('#editing:not([hidden]) #about', { hasText: file }).waitFor();
    await page.click('#submit');
    assert.match(await shown(page, 'file-problem'), words, file);
    assert.equal(await page.inputValue('#top'), 'kept');
    assert.equal(await focused(page), 'file');
  }
  // The size is checked before anything is sent.
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(25_000_001)], 'large.gif'));
    document.querySelector('main').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await page.locator('#file-problem', { hasText: 'too large: at most 25 MB' }).waitFor();
  // And a good one takes the words back.
  await take(page, DUCK);
  assert.ok(await page.locator('#file-problem').isHidden());
  await close(page);
});

test('no picture and no words are said at once, where they are missing', async () => {
  const page = await open();
  await page.click('#submit');
  assert.match(await shown(page, 'file-problem'), /Choose a picture/);
  assert.match(await shown(page, 'bottom-problem'), /Type something/);
  await page.fill('#bottom', 'a');
  assert.ok(await page.locator('#bottom-problem').isHidden());
  await close(page);
});

test('ten thousand characters are counted, refused and kept', async () => {
  const page = await open();
  await take(page, DUCK);
  const text = 'x'.repeat(10_000);
  await page.fill('#bottom', text);
  assert.match(await shown(page, 'bottom-problem'), /At most 1,000 characters fit in here; this has 10,000\. Nothing was cut off/);
  assert.match(await shown(page, 'bottom-count'), /10,000 of 1,000/);
  await page.click('#submit');
  assert.equal(await focused(page), 'bottom');
  assert.equal(await page.inputValue('#bottom'), text);
  await close(page);
});

test('the server\'s refusals of a text, a size and a font stand at them', async () => {
  const page = await open();
  await take(page, fixture('tiny.png'));
  await page.fill('#bottom', 'many words '.repeat(80));
  assert.match(await shown(page, 'bottom-problem'), /does not fit/);
  await page.fill('#bottom', 'a');
  await page.fill('#top', 'many words '.repeat(80));
  assert.match(await shown(page, 'top-problem'), /does not fit/);
  await page.fill('#top', '');
  for (const size of ['3', '1001', 'huge', '-1']) {
    await page.fill('#size', size);
    assert.match(await shown(page, 'size-problem'), /4 to 1000/, size);
    await page.click('#submit');
    await page.locator('#size[aria-invalid]').waitFor();
    assert.equal(await page.inputValue('#size'), size);
  }
  await page.fill('#size', '');
  await page.locator('#fonts input').first().evaluate((radio) => { radio.value = 'nobodys'; });
  await page.locator('#fonts input').first().check({ force: true });
  await page.locator('#fonts input').first().dispatchEvent('input');
  assert.match(await shown(page, 'font-problem'), /nobodys.*anton/);
  await close(page);
});

test('markup, right-to-left marks, control characters and emoji are text, and what can\'t be drawn is said', async () => {
  const page = await open();
  await take(page, DUCK);
  const markup = '<script>document.title="gone"</script><img src=x onerror=alert(1)>';
  await page.fill('#top', markup);
  await page.fill('#bottom', 'a\u0007b \u202eright\u202c ሰ');
  assert.match(await shown(page, 'bottom-note'), /Control characters are left out.*invisible marks/);
  await page.locator('#bottom-note', { hasText: 'No font here has ሰ' }).waitFor();
  await previewed(page);
  await page.click('#submit');
  await done(page);
  assert.match(await shown(page, 'done-note'), /ሰ/);
  await page.locator('#mine-list bdi', { hasText: '<script>' }).waitFor();
  assert.equal(await page.title(), 'Punchline: captions for GIFs');
  assert.equal(await page.locator('img[src="x"], main script').count(), 0);
  assert.equal(await page.inputValue('#top'), markup);
  // Half a pair is no character: it becomes one that says so, and the job is made.
  await page.locator('#bottom').evaluate((area) => { area.value = 'half \ud83d'; area.dispatchEvent(new Event('input', { bubbles: true })); });
  await page.click('#submit');
  await done(page);
  await close(page);
});

test('a text with nothing to be seen in it is refused in words, at its field, and kept', async () => {
  const page = await open();
  await take(page, fixture('still.png'));
  for (const [name, text] of [['control characters', '\u0007\u001b\u0000'], ['marks of direction', '\u202e\u200f\u2066'], ['spaces that are none', '\u200b\u2060\ufeff']]) {
    await page.locator('#bottom').evaluate((area, text) => { area.value = text; area.dispatchEvent(new Event('input', { bubbles: true })); }, text);
    await page.click('#submit');
    // The preview may have said it already; the answer to the button takes the focus there.
    await page.waitForFunction(() => document.activeElement.id === 'bottom');
    assert.match(await shown(page, 'bottom-problem'), /nothing to be seen|Type something/, name);
    assert.equal(await page.inputValue('#bottom'), text, name);
  }
  await close(page);
});

test('a lone emoji, a whole page of lines, and words from right to left are captioned as they are', async () => {
  const page = await open();
  await take(page, DUCK);
  for (const [text, note] of [['ሰ', /No font has ሰ \(U\+1230\) of the caption\./], ['🦆'], ['a\nb\nc\nd\ne\nf\ng\nh'], ['שלום עולם'], ['\u202eabc']]) {
    await page.fill('#bottom', text);
    await page.click('#submit');
    await done(page);
    assert.equal(await page.locator('.problem:not([hidden])').count(), 0, text);
    if (note) assert.match(await shown(page, 'done-note'), note);
    assert.equal(await page.inputValue('#bottom'), text);
    await page.click('#again');
  }
  await close(page);
});

test('a server with its hands full is waited for as long as it asks, visibly, and makes one job of it', async () => {
  const page = await open();
  await take(page, DUCK);
  await page.fill('#top', 'patience');
  const names = [];
  await page.route('**/v1/jobs', async (route) => {
    names.push(await route.request().headerValue('idempotency-key'));
    if (names.length > 1) return route.continue();
    return route.fulfill({ status: 429, headers: { 'Retry-After': '600' }, contentType: 'application/problem+json', body: JSON.stringify({ code: 'rate_limited', status: 429, detail: 'slow down' }) });
  });
  await page.click('#submit');
  await page.locator('#status', { hasText: /Trying again in (600|59\d) s/ }).waitFor();
  await page.click('#now');
  assert.notEqual(await focused(page), '', 'who pressed it by keyboard is not lost');
  await done(page);
  assert.equal(names.length, 2);
  assert.equal(names[0], names[1]);
  await close(page);
});
