// A finished caption: before and after under one slider, what it took, and ways to take it along.

import { blob, persist, postJson } from './api.js';
import { Picture, place, shape } from './picture.js';
import { bytes, number } from './words.js';

const at = (id) => document.getElementById(id);
const after = new Picture(at('after'), 'The picture with its caption');
const before = new Picture(at('before'), 'The picture as it was');
let link = '';
let file;

at('slide').addEventListener('input', slide);

function slide() {
  const part = Number(at('slide').value);
  at('compare').style.setProperty('--after', `${part}%`);
  at('slide').setAttribute('aria-valuetext', part === 0 ? 'all before' : part === 100 ? 'all after' : `${part} % after`);
}

/** Fetches both pictures and shows them; `source` is the picture as it was, where it is at hand. */
export async function show(job, source, { signal, waiting, hurry }) {
  const options = { signal, waiting, hurry };
  const [result, original, picture] = await Promise.all([
    persist(() => blob(`/v1/jobs/${job.id}/result`, { signal }), options),
    source ?? persist(() => blob(`/v1/jobs/${job.id}/source`, { signal }), options),
    standing(job, options),
  ]);
  shape(at('compare'), job.output);
  place(at('before'), picture, job.output);
  at('slide').value = 100;
  slide();
  // Together, so that they move in step.
  await Promise.all([after.show(result), before.show(original)]);
  URL.revokeObjectURL(file);
  file = URL.createObjectURL(result);
  at('download').href = file;
  at('download').download = named(source?.name ?? 'punchline', job);
  link = new URL(job.output.url, location.href).href;
  at('link-row').hidden = true;
  note('');
  facts(job);
  return original;
}

/** Where the source stands in the result, which may be smaller: the layout knows; without an answer, all over it. */
async function standing({ source: { width_px, height_px }, spec: { captions, images }, output }, { signal, waiting, hurry }) {
  const plain = { left_px: 0, top_px: 0, width_px: output.width_px, height_px: output.height_px };
  if (output.width_px * height_px === output.height_px * width_px) return plain;
  try {
    const { picture, width_px: whole } = await persist(() => postJson('/v1/layout', { width_px, height_px, captions, images }, signal), { signal, waiting, hurry });
    return Object.fromEntries(Object.entries(picture).map(([name, px]) => [name, (px * output.width_px) / whole]));
  } catch (error) {
    if (signal.aborted) throw error;
    return plain;
  }
}

/** The source's extension, unless the file is of another kind. */
function named(name, { source, output: { media } }) {
  const [, stem, extension] = /^(.*?)(\.\w+)?$/s.exec(name);
  return `${stem || 'punchline'}.captioned${(source.media === media && extension) || `.${media}`}`;
}

function facts({ output, source, stats }) {
  const rows = [['Size', `${number(output.width_px)} × ${number(output.height_px)} px, ${bytes(output.bytes)} (was ${bytes(source.bytes)})`]];
  if (stats) {
    const { frames, frames_copied, frames_spliced, frames_recoded, engine_wall_ms } = stats;
    const parts = [[frames_copied, 'copied as they were'], [frames_spliced, 'rewritten only under the words'], [frames_recoded, 'rewritten']];
    const detail = parts.filter(([n]) => n).map(([n, what]) => `${n === frames ? 'all' : number(n)} ${what}`).join(', ');
    rows.push(['Frames', frames > 1 ? `${number(frames)}, ${detail}` : '1']);
    rows.push(['Time', engine_wall_ms < 1 ? 'less than 1 ms' : `${number(engine_wall_ms)} ms in the engine`]);
  }
  at('facts').replaceChildren(...rows.flatMap(([term, text]) => {
    const pair = [document.createElement('dt'), document.createElement('dd')];
    [pair[0].textContent, pair[1].textContent] = [term, text];
    return pair;
  }));
}

function note(text) {
  at('link-note').textContent = text;
  at('link-note').hidden = !text;
}

/** Puts the result's address on the clipboard; where that is not allowed, shows it to be copied by hand. */
export async function copy(guarded) {
  const who = guarded ? 'It opens only with an API key.' : '';
  try {
    await navigator.clipboard.writeText(link);
    note(who);
    return true;
  } catch {
    note(`Your browser did not allow this page to copy the link: copy it by hand. ${who}`);
    at('link-row').hidden = false;
    at('link').value = link;
    at('link').focus();
    at('link').select();
    return false;
  }
}
