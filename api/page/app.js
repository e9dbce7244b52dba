// The page: which of its views is shown, and what leads from one to the next. Everything it asks for is the public API.

import { Offline, countdown, json, key, worthWaiting } from './api.js';
import * as compare from './compare.js';
import { jobOf } from './events.js';
import * as form from './form.js';
import * as gallery from './gallery.js';
import * as intake from './intake.js';
import * as job from './job.js';
import { Picture, motionButton } from './picture.js';
import { Preview } from './preview.js';
import { bytes, notes, said } from './words.js';

const CURRENT = 'punchline.job';
const at = (id) => document.getElementById(id);
const picture = new Picture(at('picture'), 'Your picture');

let info;
/** What is to be captioned: `file`, its `size`, and `source`, its id once the server has it. */
let subject;
/** One's own picture, while another one from a shelf is looked at. */
let aside;
/** The work in hand: `signal` and, once accepted, `id`. */
let work;

const preview = new Preview({ canvas: at('canvas'), host: at('picture'), ink: at('ink') }, {
  layout: form.learn,
  refused: (problem) => { form.learn(); form.refuse(problem); },
  away: (away) => net(away ? 'The server does not answer; the preview waits for it. What you typed is kept.' : ''),
});

function net(text) {
  if (at('net').textContent !== text) at('net').textContent = text;
  at('net').hidden = !text;
}

/** `empty`, `editing` or `done`: what the stage shows. */
function show(view) {
  for (const id of ['empty', 'editing', 'done']) at(id).hidden = id !== view;
  document.body.dataset.view = view;
}

function busy(controller) {
  work = controller && { controller, signal: controller.signal };
  at('working').hidden = !work;
  at('send').hidden = Boolean(work);
  document.body.toggleAttribute('data-busy', Boolean(work));
}

function redraw() {
  if (!subject) return;
  // Too long or empty: the server need not be asked.
  const faults = form.faults();
  for (const fault of faults) if (fault.code !== 'empty_text') form.refuse(fault);
  preview.update(subject.size, faults.length ? undefined : form.spec());
}

/** What there is to go on with, and what was set aside for it. */
function turnTo(next, kept) {
  [subject, aside] = [next, kept];
  at('aside').hidden = !aside;
}

function tell({ file, size }) {
  at('about').textContent = [file.name, size && `${size.width_px} × ${size.height_px}`, bytes(file.size)].filter(Boolean).join(', ');
}

async function take(file) {
  form.absolve(['file']);
  if (work) return form.refuse({ field: 'file', detail: 'The picture before it is captioned first' });
  const fault = await intake.fault(file, info);
  if (fault) {
    form.refuse(fault);
    if (!subject) show('empty');
    return;
  }
  const mine = { file };
  turnTo(mine);
  show('editing');
  const size = await picture.show(file);
  if (subject !== mine) return;
  mine.size = size;
  tell(mine);
  if (!size) form.complain('Your browser cannot show this picture. The server may still take it.');
  redraw();
}

/** Shows a job's result, and its source as the picture to go on with. What only was looked at leaves one's own at hand. */
async function result(done, file, signal, looking) {
  const original = await compare.show(done, file, job.patience(signal));
  const source = done.source.id;
  if (subject && (subject.file === file || subject.source === source)) subject.source = source;
  else turnTo({ file: original, source, size: { width_px: done.source.width_px, height_px: done.source.height_px } }, looking && (aside ?? subject));
  form.absolve(['file']);
  at('done-note').textContent = notes(done).join(' ');
  at('done-note').hidden = !at('done-note').textContent;
  if (!looking) gallery.remember(done.id);
  at('copy').textContent = 'Copy link';
  show('done');
  at('live').textContent = 'Done. Your captioned picture is ready.';
  at('done').focus();
  shelves();
  // The server keeps its answer for the gallery for some seconds.
  if (form.shared()) countdown(4).then(shelves);
}

/** Runs work that ends in a finished job, and says how it ended if not. */
async function run(begin, file, looking = false) {
  const controller = new AbortController();
  busy(controller);
  form.absolve();
  at('cancel').focus();
  try {
    const ended = await begin(controller.signal);
    if (ended.state === 'done') {
      await result(ended, file, controller.signal, looking);
    } else if (ended.state === 'failed') {
      refused({ ...ended.error, detail: ended.error.message });
    } else {
      stopped();
    }
  } catch (error) {
    if (controller.signal.aborted) stopped(); else refused(error);
  } finally {
    sessionStorage.removeItem(CURRENT);
    const lost = at('working').contains(document.activeElement);
    busy();
    if (lost) at('submit').focus();
  }
}

function stopped() {
  at('live').textContent = 'Cancelled.';
  form.complain('Cancelled. Everything you typed is still here.');
}

function refused(problem) {
  if (!problem.code && !problem.detail) console.error(problem);
  if (subject) show('editing');
  const place = form.refuse(problem);
  at('live').textContent = `Not captioned. ${said(problem)}`;
  place?.focus();
}

function submit(event) {
  event.preventDefault();
  if (work) return;
  form.absolve();
  const faults = form.faults();
  if (!subject) faults.unshift({ code: 'missing_file', field: 'file' });
  if (faults.length) {
    const homes = faults.map(form.refuse);
    at('live').textContent = `Not captioned. ${said(faults[0])}`;
    return homes[0]?.focus();
  }
  show('editing');
  const { file, source } = subject;
  const request = { file, source, spec: form.spec(), gallery: form.shared() };
  run((signal) => job.make(request, (accepted) => {
    work.id = accepted.id;
    try { sessionStorage.setItem(CURRENT, accepted.id); } catch { /* not found again after a reload */ }
  }, signal), file);
}

async function cancel() {
  const mine = work;
  if (!mine?.id) return mine?.controller.abort();
  try { await job.cancel(mine.id); } catch { mine.controller.abort(); }
}

const open = (id) => {
  if (work) return;
  at('stage').scrollIntoView({ block: 'nearest' });
  run((signal) => jobOf(id, signal), undefined, true);
};

function edit() {
  show('editing');
  picture.show(subject.file);
  tell(subject);
}

function again() {
  edit();
  redraw();
  at('bottom').focus();
}

function shelves() {
  if (info?.keys_required && !key.get()) return;
  // A shelf that can't be filled now is filled after the next caption.
  gallery.mine(open).catch(() => {});
  if (info?.gallery !== false) gallery.shared(open).catch(() => {});
}

/** Limits and fonts; asked for until the server is there. */
async function learn() {
  for (let tries = 0; ; tries++) {
    try {
      info = await json('/v1/info');
      break;
    } catch (error) {
      if (worthWaiting(error, tries) === undefined) return;
      if (error instanceof Offline) net('The server does not answer. This page tries again by itself.');
      await countdown(worthWaiting(error, tries));
    }
  }
  net('');
  form.limits(info);
  at('accepts').textContent = `GIF, PNG, JPEG, WebP${info.reads?.includes('video/mp4') ? ' or MP4' : ''}, up to ${bytes(info.limits.max_upload_bytes)}`;
  redraw();
  shelves();
}

form.begin(() => {
  if (document.body.dataset.view === 'done') edit();
  redraw();
});
intake.begin({ input: at('file'), sample: at('sample'), curtain: at('drop-here') }, take,
  () => net('The sample could not be fetched: the server does not answer.'));
motionButton(at('play'));
motionButton(at('play-done'));
at('form').addEventListener('submit', submit);
at('cancel').addEventListener('click', cancel);
addEventListener('keydown', (event) => { if (work && event.key === 'Escape') cancel(); });
at('again').addEventListener('click', again);
at('back').addEventListener('click', () => {
  turnTo(aside);
  again();
});
at('copy').addEventListener('click', async () => {
  if (!await compare.copy(info?.keys_required)) return;
  at('copy').textContent = 'Copied';
  at('live').textContent = `Link copied. ${at('link-note').textContent}`;
});
at('key').value = key.get();
// While it is typed, not when it is left: a line that goes away under the pointer would take the click on the button with it.
at('key').addEventListener('input', () => {
  key.set(at('key').value);
  form.absolve(['key']);
});
at('key').addEventListener('change', () => {
  redraw();
  shelves();
});
show('empty');
learn();
const unfinished = sessionStorage.getItem(CURRENT);
if (unfinished) run((signal) => { work.id = unfinished; return job.watch(unfinished, signal); });
