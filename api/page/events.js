// News of a job: a stream that is read with fetch (EventSource can't show a key), taken up again where it broke off,
// with the job itself asked whenever the stream fails. The store's word is final; events are only news.

import { Offline, Problem, call, countdown, json, worthWaiting } from './api.js';

/** The server sends at least a comment every 15 s; a connection that is silent for longer is dead. */
const SILENCE_MS = 45_000;

async function* events(id, last, signal) {
  const quiet = new AbortController();
  const give = () => quiet.abort();
  signal.addEventListener('abort', give);
  let alarm = setTimeout(give, SILENCE_MS);
  try {
    const headers = { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) };
    const answer = await call(`/v1/jobs/${id}/events`, { headers, signal: quiet.signal, cache: 'no-store' });
    if (!answer.body || answer.status === 204) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(alarm);
      alarm = setTimeout(give, SILENCE_MS);
      const blocks = (text + value).replaceAll('\r\n', '\n').split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event) yield event;
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof Problem) throw error;
    throw new Offline();
  } finally {
    clearTimeout(alarm);
    signal.removeEventListener('abort', give);
    quiet.abort();
  }
}

function parsed(block) {
  const event = { data: '' };
  for (const line of block.split('\n')) {
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'id') event.mark = value;
    if (field === 'data') event.data += value;
  }
  return event.data ? { ...JSON.parse(event.data), mark: event.mark } : undefined;
}

export const jobOf = (id, signal) => json(`/v1/jobs/${id}`, { signal, cache: 'no-store' });

/** Follows a job to its end and answers it as it is then. `hear(event)`, `waiting(error, left_s)`, `hurry`: see api.js. */
export async function follow(id, { signal, hear, waiting, hurry }) {
  let last;
  for (let failures = 0; ; failures++) {
    let failure = new Offline();
    try {
      for await (const event of events(id, last, signal)) {
        failures = 0;
        last = event.mark ?? last;
        if (event.job?.state) return event.job;
        hear(event);
      }
      failure = undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error;
    }
    try {
      // The first look is at once: mostly the stream ended because the job has.
      if (failure) await countdown(worthWaiting(failure, failures) ?? 0, signal, (left_s) => waiting(failure, left_s), hurry);
      const job = await jobOf(id, signal);
      if (job.state !== 'queued') return job;
      hear({ event: 'queued', again: true });
      if (!failure || worthWaiting(failure, 0) === undefined) await countdown(Math.min(2 ** failures, 5), signal, undefined, hurry);
    } catch (error) {
      if (signal.aborted || worthWaiting(error, failures) === undefined) throw error;
      await countdown(worthWaiting(error, failures), signal, (left_s) => waiting(error, left_s), hurry);
    }
  }
}
