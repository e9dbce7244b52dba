// Sends a job. XMLHttpRequest, because fetch tells nothing of how far an upload is.

import { Offline, credentials, problemOf } from './api.js';

/** What a request is called, so that sending it twice makes one job. */
export function idempotencyKey() {
  // Only a secure context has randomUUID, and a server at home is none.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `source`: the id of the picture where the server has it already, else undefined and `file` is sent. */
export function upload({ file, source, spec, gallery, name, signal, progress }) {
  const form = new FormData();
  form.append('spec', JSON.stringify(spec));
  if (gallery) form.append('gallery', 'true');
  if (source) form.append('source', source); else form.append('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open('POST', '/v1/jobs');
    for (const [header, value] of Object.entries({ ...credentials(), 'Idempotency-Key': name })) request.setRequestHeader(header, value);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onabort = () => reject(signal.reason);
    request.onerror = () => reject(new Offline());
    request.onload = () => {
      if (request.status >= 300) return reject(problemOf(request.status, request.responseText, request.getResponseHeader('Retry-After')));
      try { resolve(JSON.parse(request.responseText)); } catch { reject(new Offline()); }
    };
    request.onloadend = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop);
    if (signal.aborted) reject(signal.reason); else request.send(form);
  });
}
