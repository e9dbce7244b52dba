// Every test of the page, one after the other in one browser. Started by e2e/tests/browser.rs.

import { after } from 'node:test';
import { end } from './harness.js';

import './caption.js';
import './progress.js';
import './clipboard.js';
import './gallery.js';
import './key.js';
import './preview.js';
import './looks.js';
import './accessibility.js';
import './refusals.js';
import './keyboard.js';
import './tabs.js';
import './weight.js';
import './docs.js';
import './restart.js';

after(async () => {
  await end();
  process.stdin.destroy();
});
