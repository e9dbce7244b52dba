// The public API as this page uses it: the key, refusals as errors, and waiting for a server that is away.
// Whatever asks the server goes through here (the upload alone needs XMLHttpRequest, in upload.js).

const KEY = 'punchline.key';

/** A refusal: application/problem+json. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter) {
    super(body.detail ?? `The server answered ${status}`);
    Object.assign(this, { status, code: body.code ?? '', detail: this.message, field: body.field, limit: body.limit, got: body.got });
    const wait_s = Number.parseInt(retryAfter, 10);
    this.retry_after_s = wait_s >= 0 ? wait_s : undefined;
  }
}

/** No answer at all. */
export class Offline extends Error {}

export const key = {
  get: () => sessionStorage.getItem(KEY) ?? '',
  // A header takes no other characters; a key has none.
  set: (text) => sessionStorage.setItem(KEY, text.replace(/[^\x21-\x7e]/g, '')),
};

export const credentials = () => (key.get() ? { Authorization: `Bearer ${key.get()}` } : {});

export function problemOf(status, text, retryAfter) {
  let body;
  try { body = JSON.parse(text); } catch { /* a proxy's own page */ }
  return new Problem(status, body ?? {}, retryAfter);
}

export async function call(path, { headers, ...options } = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...credentials(), ...headers } });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Offline();
  }
  if (!answer.ok) throw problemOf(answer.status, await answer.text().catch(() => ''), answer.headers.get('Retry-After'));
  return answer;
}

/** A body that breaks off is a server that went away. */
async function body(answer, kind, signal) {
  try {
    return await answer[kind]();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Offline();
  }
}

export const json = async (path, options) => body(await call(path, options), 'json', options?.signal);
export const blob = async (path, options) => body(await call(path, options), 'blob', options?.signal);
export const postJson = (path, value, signal) =>
  json(path, { method: 'POST', body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' }, signal });

/** Seconds to wait before the n-th try after this error; undefined if trying again would not help. */
export function worthWaiting(error, tries) {
  const backoff_s = Math.min(2 ** tries, 15);
  if (error instanceof Offline) return backoff_s;
  if (error instanceof Problem && [429, 502, 503, 504].includes(error.status)) return error.retry_after_s ?? backoff_s;
  return undefined;
}

/** Counts down; ends early when the network is back or `hurry` (an EventTarget) says 'now'. */
export function countdown(seconds, signal, tick = () => {}, hurry = new EventTarget()) {
  return new Promise((resolve, reject) => {
    const until = performance.now() + seconds * 1000;
    const end = (settle, value) => {
      clearInterval(timer);
      removeEventListener('online', go);
      hurry.removeEventListener('now', go);
      signal?.removeEventListener('abort', stop);
      settle(value);
    };
    const go = () => end(resolve);
    const stop = () => end(reject, signal.reason);
    const look = () => {
      const left_s = Math.ceil((until - performance.now()) / 1000);
      if (left_s <= 0) go(); else tick(left_s);
    };
    const timer = setInterval(look, 250);
    addEventListener('online', go);
    hurry.addEventListener('now', go);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop(); else look();
  });
}

/** Tries until it works or trying again would not help. `waiting(error, left_s)` is told of each wait, each second. */
export async function persist(attempt, { signal, waiting = () => {}, hurry } = {}) {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const wait_s = signal?.aborted ? undefined : worthWaiting(error, tries);
      if (wait_s === undefined) throw error;
      await countdown(wait_s, signal, (left_s) => waiting(error, left_s), hurry);
    }
  }
}
