// Shelves of finished captions: this tab's own, and those that their makers chose to show. Each stands still until it is
// pointed at or focused.

import { blob, json } from './api.js';
import { jobOf } from './events.js';

const MINE = 'punchline.mine';
const MOST = 12;
const at = (id) => document.getElementById(id);

/** Fetched when it comes into sight. */
const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    draw(target);
  }
}, { rootMargin: '200px' });

async function draw(tile) {
  const image = tile.querySelector('img');
  try {
    const address = URL.createObjectURL(await blob(`/v1/jobs/${tile.dataset.job}/result`));
    image.onload = () => {
      const frame = tile.querySelector('canvas');
      const scale = Math.min(1, 480 / image.naturalWidth);
      [frame.width, frame.height] = [image.naturalWidth * scale, image.naturalHeight * scale];
      frame.getContext('2d').drawImage(image, 0, 0, frame.width, frame.height);
      tile.classList.add('drawn');
    };
    image.src = address;
  } catch {
    tile.remove();
  }
}

const wordsOf = (job) => job.spec.captions.map((caption) => caption.text).join(' / ').slice(0, 120);

function tile(job, open) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const [image, frame, words] = ['img', 'canvas', 'bdi'].map((name) => document.createElement(name));
  button.type = 'button';
  image.alt = '';
  words.textContent = wordsOf(job);
  button.append(image, frame, words);
  button.addEventListener('click', () => open(job.id));
  item.dataset.job = job.id;
  item.append(button);
  sight.observe(item);
  return item;
}

/** Only what changed is made anew: a picture that is there stays. */
function fill(list, jobs, open) {
  const there = new Map([...list.children].map((item) => [item.dataset.job, item]));
  list.replaceChildren(...jobs.map((job) => there.get(job.id) ?? tile(job, open)));
}

export async function shared(open) {
  const { jobs } = await json(`/v1/gallery?limit=${MOST}`, { cache: 'no-store' });
  fill(at('gallery-list'), jobs, open);
  at('gallery-empty').hidden = jobs.length > 0;
  at('gallery').hidden = false;
}

function remembered() {
  try { return JSON.parse(sessionStorage.getItem(MINE)) ?? []; } catch { return []; }
}

export function remember(id) {
  const ids = [id, ...remembered().filter((other) => other !== id)].slice(0, MOST);
  try { sessionStorage.setItem(MINE, JSON.stringify(ids)); } catch { /* forgotten at the next reload */ }
}

export async function mine(open) {
  const answers = await Promise.allSettled(remembered().map((id) => jobOf(id)));
  const jobs = answers.flatMap(({ value }) => (value?.state === 'done' ? [value] : []));
  fill(at('mine-list'), jobs, open);
  at('mine').hidden = !jobs.length;
}
