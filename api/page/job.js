// One caption's way from the button to its end, and what is said of it meanwhile: upload, queue, frames, waits.

import { Offline, call, persist } from './api.js';
import { follow } from './events.js';
import { idempotencyKey, upload } from './upload.js';
import { number } from './words.js';

const at = (id) => document.getElementById(id);
/** Says 'now' when someone does not want to wait out a countdown. */
const hurry = new EventTarget();
let stopping;

at('now').addEventListener('click', () => {
  // It is about to vanish.
  at('cancel').focus();
  hurry.dispatchEvent(new Event('now'));
});

/** `phase` is read out where it changes; `detail` is only seen: nobody wants to hear every frame. */
function say(phase, detail = '', part) {
  at('status').textContent = detail ? `${phase} ${detail}` : phase;
  if (at('live').textContent !== phase) at('live').textContent = phase;
  if (part === undefined) at('bar').removeAttribute('value'); else at('bar').value = part;
  at('now').hidden = true;
}

export function waiting(error, left_s) {
  const why = error instanceof Offline ? 'The server does not answer.' : error.status === 429 ? 'That was a lot in a short time.' : 'The server has its hands full.';
  say(`${why} Nothing is lost.`, `Trying again in ${left_s} s.`);
  at('now').hidden = false;
}

function hear(event) {
  const { frames_done: done, frames } = event;
  if (event.event === 'queued') say('Waiting for its turn.');
  if (event.event === 'started') say('Captioning.');
  if (event.event === 'progress') say('Captioning.', frames > 1 ? `Frame ${number(done)} of ${number(frames)}.` : '', frames ? done / frames : undefined);
  if (event.event === 'retrying') say('That did not work at once; it is tried again.');
}

/** Sends a job and follows it; `request` as upload.js takes it. Cancelling it throws an AbortError. */
export async function make(request, accepted, signal) {
  const name = idempotencyKey();
  const progress = (part) => say(part < 1 ? 'Uploading.' : 'Uploaded, being looked over.', part < 1 ? `${Math.floor(part * 100)} %` : '', part < 1 ? part : undefined);
  say(request.source ? 'Sending.' : 'Uploading.', '', request.source ? undefined : 0);
  const send = (source) => persist(() => upload({ ...request, source, name, signal, progress }), { signal, waiting, hurry });
  let job;
  try {
    job = await send(request.source);
  } catch (error) {
    // It was swept away since; the file is still at hand.
    if (error.code !== 'unknown_source' || !request.source) throw error;
    job = await send(undefined);
  }
  accepted(job);
  return job.state === 'queued' ? watch(job.id, signal) : job;
}

export const watch = (id, signal) => follow(id, { signal, hear, waiting, hurry });

export const patience = (signal) => ({ signal, waiting, hurry });

/** Cancels a job that was accepted. If it has ended meanwhile, its follower is told so. */
export async function cancel(id) {
  if (stopping === id) return;
  stopping = id;
  say('Cancelling.');
  try {
    await call(`/v1/jobs/${id}`, { method: 'DELETE' });
  } catch (error) {
    if (error instanceof Offline) throw error;
  } finally {
    stopping = undefined;
  }
}
