// How a picture gets in: dropped anywhere, pasted, picked, or the sample. Nothing is sent here.

import { VIDEO } from './picture.js';

const STILL = /^(\x89PNG|\xff\xd8\xff)/;
const MAGIC = [/^GIF8[79]a/, /^\x89PNG/, /^\xff\xd8\xff/, /^RIFF.{4}WEBP/s];

/** `taken(file)`: a file that may be a picture. */
export function begin({ input, sample, curtain }, taken, failed) {
  input.addEventListener('change', () => {
    if (input.files[0]) taken(input.files[0]);
    // The same file may be picked again after a refusal.
    input.value = '';
  });
  addEventListener('paste', (event) => {
    const file = event.clipboardData.files[0];
    if (!file) return;
    event.preventDefault();
    taken(file);
  });
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    curtain.hidden = false;
  });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) curtain.hidden = true; });
  addEventListener('drop', (event) => {
    curtain.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) taken(event.dataTransfer.files[0]);
  });
  sample.addEventListener('click', async () => {
    try {
      const answer = await fetch('/page/sample.gif');
      taken(new File([await answer.blob()], 'duck.gif', { type: 'image/gif' }));
    } catch {
      failed();
    }
  });
}

/** What is wrong with a file at first sight, in the form of the server's refusals. `info` is what the server says of itself. */
export async function fault(file, info) {
  const limits = info?.limits;
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  // Some of these stills may be larger; which, the server says.
  const most = STILL.test(head) && limits?.max_still_pixels ? Math.max(limits.max_upload_bytes, limits.max_still_bytes) : limits?.max_upload_bytes;
  if (file.size > most) return { code: 'file_too_large', field: 'file', limit: most, got: file.size };
  return (info?.reads?.includes('video/mp4') ? [...MAGIC, VIDEO] : MAGIC).some((magic) => magic.test(head)) ? undefined : { code: 'unsupported_media', field: 'file', name: file.name };
}
