// The server is killed and started again while the page is open. The page says so, keeps everything, and goes on by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUCK, SLOWLY, URL_BASE, begin, byCommandLine, close, done, download, fixture, hold, jobOf, open, ready, server, take } from './harness.js';

const away = (page) => page.locator('#status', { hasText: /does not answer.*Trying again in \d+ s/ }).waitFor();

const jobsOf = async (words) => {
  const { jobs } = await (await fetch(`${URL_BASE}/v1/gallery?limit=48`)).json();
  return jobs.filter((job) => job.spec.captions[0].text === words).length;
};

test('killed during the upload: it is sent again, and is one job', async () => {
  const page = await open();
  await take(page, fixture('big.gif'));
  await page.fill('#top', 'sent twice');
  await page.check('#share');
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 });
  await page.click('#submit');
  await page.locator('#status', { hasText: /Uploading\. [1-9]\d? %/ }).waitFor();
  await server.kill();
  await away(page);
  assert.equal(await page.inputValue('#top'), 'sent twice');
  await wire.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await server.start();
  await done(page);
  assert.equal(await jobsOf('sent twice'), 1);
  await close(page);
});

test('killed after the job was taken: the page finds it again', async () => {
  const page = await open();
  await take(page, DUCK);
  await page.fill('#top', 'found again');
  const goOn = await hold(page);
  await page.click('#submit');
  await page.locator('#status', { hasText: 'Frame 12 of 30' }).waitFor();
  await server.kill();
  await goOn();
  await away(page);
  await server.start();
  await done(page);
  assert.equal(await page.inputValue('#top'), 'found again');
  await close(page);
});

test('killed with a job half made: the server makes it anew, and the page shows it', async () => {
  const page = await open();
  const id = await begin(page, fixture('slow-enough.gif'));
  await server.kill();
  await away(page);
  await server.start();
  // It has only begun again: nothing that was ready before is shown.
  assert.equal((await jobOf(id)).state, 'queued');
  await done(page);
  assert.equal(await page.locator('#mine-list li').first().getAttribute('data-job'), id);
  const captions = [{ text: SLOWLY, at: 'top', style: 'overlay', font: 'anton', size: 'auto' }];
  assert.ok((await download(page)).bytes.equals(byCommandLine(fixture('slow-enough.gif'), { captions })));
  await close(page);
});

test('killed while someone types: the preview waits, and comes back by itself', async () => {
  const page = await open();
  await take(page, DUCK);
  await server.kill();
  await page.fill('#bottom', 'typed in the dark');
  await page.locator('#net', { hasText: 'does not answer' }).waitFor();
  await server.start();
  await page.locator('#ink path').waitFor({ state: 'attached' });
  assert.ok(await page.locator('#net').isHidden());
  assert.equal(await page.inputValue('#bottom'), 'typed in the dark');
  await close(page);
});
