// The form: what is typed, as a spec; what is wrong with it, said beside the field that it is about.
// What people type goes out by `value` and in by `textContent`: nothing of it is ever read as HTML.

import { offer } from './fonts.js';
import { bytes, count, number, said, when } from './words.js';

const DRAFT = 'punchline.draft';
const TEXTS = ['top', 'bottom', 'text'];
const FIELDS = [...TEXTS, 'at', 'from', 'to', 'style', 'font', 'size', 'align', 'fill', 'stroke', 'background', 'format', 'fit'];
/** What can be coloured of each style, and how it is without a choice. */
const USUAL = {
  overlay: { fill: '#ffffff', stroke: '#000000' },
  bar: { fill: '#000000', background: '#ffffff' },
  box: { fill: '#ffffff', background: '#000000' },
  shadow: { fill: '#ffffff', stroke: '#000000' },
  plain: { fill: '#ffffff' },
};
/** What shows through a box: a colour's last two digits, as a page's colours have none of their own. */
const BOX_ALPHA = 'b3';
/** What the form has no field for, and a look may have. */
const BEYOND = ['stroke_width', 'line_spacing', 'lang', 'valign', 'frames'];
const NUMBER = /^\d+([.,]\d+)?$/;

const at = (id) => document.getElementById(id);
const form = at('form');
let maxChars = 1000;
/** Colours that were chosen; the others are the style's own. */
const chosen = {};
/** Looks by their names: the fields of a caption that each fills in. */
let presets = {};
/** What platforms take, by their names: the fields of an output. */
let platforms = {};
let alpha = BOX_ALPHA;

const style = () => form.elements.style.value;

/** Control characters of which nothing is drawn, as the server refuses them: all but tabs and line breaks. */
const UNDRAWABLE = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/g;

/** Control characters are left out, which is noted. Half of a pair is no character, and becomes one that says so. */
const characters = (text) => text.replace(UNDRAWABLE, '').replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

/** The places that have words, in the order of the spec's captions. */
const places = () => TEXTS.filter((place) => at(place).value.trim());

/** Where a text stands: its name, or the box that was chosen. */
function position(place) {
  if (place !== 'text') return place;
  const [x, y, width, height] = at('at').value.split(',').map(Number);
  return height ? { x, y, width, height } : at('at').value;
}

/** How a text looks. Only the edges have bars. */
function looks(place) {
  const size = at('size').value.trim();
  const own = place === 'text' && style() === 'bar' ? 'overlay' : style();
  const beyond = Object.entries(presets[at('preset').value] ?? {}).filter(([name]) => BEYOND.includes(name));
  const made = { ...Object.fromEntries(beyond), style: own, font: form.elements.font.value, size: size === '' ? 'auto' : Number(size) || size };
  // A colour that was chosen for a bar is no other style's.
  for (const id of own === style() ? Object.keys(USUAL[own]) : []) {
    if (chosen[id]) made[id] = id === 'background' && own === 'box' ? chosen[id] + alpha : chosen[id];
  }
  if (at('align').value !== 'center') made.align = at('align').value;
  if (at('case').checked) made.case = 'upper';
  for (const id of ['from', 'to']) {
    if (seconds(id) === undefined) continue;
    made[id] = seconds(id);
    delete made.frames;
  }
  if (typeof position(place) === 'string') delete made.valign;
  return made;
}

const seconds = (id) => (NUMBER.test(at(id).value.trim()) ? Number(at(id).value.trim().replace(',', '.')) : undefined);

/** The file that comes out: what was chosen, and the limits of a platform. */
function output() {
  const { max_bytes, max_width, max_height, format } = platforms[at('fit').value] ?? {};
  const made = { max_bytes, max_width, max_height, format: at('format').value === 'same' ? format : at('format').value };
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
}

export function spec() {
  return { ...output(), captions: places().map((place) => ({ text: characters(at(place).value), at: position(place), ...looks(place) })) };
}

export const shared = () => at('share').checked;

/** The element that a problem's field is about: `captions[1].text` is the second text that has words. */
function home({ field = '', code }) {
  if (code === 'unauthorised') return 'key';
  if (code === 'missing_file' || ['file', 'source', 'source_url'].includes(field)) return 'file';
  const [, index, name] = /^captions\[(\d+)\]\.?(\w*)$/.exec(field) ?? [undefined, 0, field];
  if (name === 'text') return places()[index] ?? 'bottom';
  if (field.startsWith('max_')) return 'fit';
  if (field === 'captions' || code === 'empty_text') return 'bottom';
  return at(`${name}-problem`) ? name : undefined;
}

function input(id) {
  return at(id) ?? form.querySelector(`[name=${id}]`);
}

function say(id, text) {
  const line = at(id);
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

function mark(id, text) {
  say(`${id}-problem`, text);
  if (text) input(id).setAttribute('aria-invalid', 'true'); else input(id).removeAttribute('aria-invalid');
}

/** Says a problem beside its field, else at the button; answers the field's element. */
export function refuse(problem) {
  const id = home(problem);
  if (!id) return void say('problem', said(problem));
  if (id === 'key') at('key-field').hidden = false;
  mark(id, said(problem));
  const closed = input(id).closest('details');
  if (closed) closed.open = true;
  return input(id);
}

export const complain = (text) => say('problem', text);

/** Takes back what was said of these fields, or of all. */
export function absolve(ids = ['file', 'key', ...FIELDS]) {
  for (const id of ids) mark(id, '');
  say('problem', '');
}

/** What can be said without the server, in the form of its refusals. */
export function faults() {
  if (!places().length) return [{ code: 'empty_text', field: 'captions' }];
  const long = places().flatMap((place, index) => {
    const got = count(at(place).value);
    return got > maxChars ? [{ code: 'text_too_long', field: `captions[${index}].text`, limit: maxChars, got }] : [];
  });
  const unread = ['from', 'to'].filter((id) => at(id).value.trim() && seconds(id) === undefined);
  return [...long, ...unread.map((field) => ({ field, detail: `Seconds such as 1.5 were expected, got “${at(field).value.trim().slice(0, 20)}”` }))];
}

/** Notes under a text: how long it is, when it is shown, and what in it can't be seen or drawn. */
function describe(place, caption) {
  const missing = caption?.missing_glyphs ?? [];
  const text = at(place).value;
  const length = count(text);
  say(`${place}-count`, length > maxChars * 0.8 ? `${number(length)} of ${number(maxChars)} characters` : '');
  const notes = caption && when(caption) ? [`Shown ${when(caption)} of each loop; the preview shows it all the time.`] : [];
  if (missing.length) notes.push(`No font here has ${missing.slice(0, 12).join(' ')}${missing.length > 12 ? ' and others' : ''}; a question mark in a diamond stands for each.`);
  if (text.search(UNDRAWABLE) >= 0) notes.push('Control characters are left out.');
  if (/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text)) notes.push('Holds invisible marks of writing direction.');
  say(`${place}-note`, notes.join(' '));
}

/** What the layout tells of the words. */
export function learn(layout) {
  for (const place of TEXTS) describe(place, layout?.captions[places().indexOf(place)]);
  const first = layout?.captions[0];
  const asked = Number(at('size').value);
  say('size-note', first ? `${first.size_px.toFixed(0)} px${asked && first.size_px < asked - 0.5 ? ', made smaller to fit' : ''}` : '');
}

export function limits(info) {
  maxChars = info.limits.max_text_chars;
  const { font = form.elements.font.value, preset = '' } = draft();
  offer(at('fonts'), info, font);
  presets = info.presets ?? {};
  at('preset').append(...Object.keys(presets).map((name) => new Option(name, name)));
  at('preset').value = preset in presets ? preset : '';
  platforms = info.platforms ?? {};
  at('fit').append(...Object.keys(platforms).map((name) => new Option(name, name)));
  at('fit').value = draft().fit in platforms ? draft().fit : '';
  room();
  at('share-label').hidden = info.gallery === false;
  at('key-field').hidden = !info.keys_required;
  learn();
}

function colours() {
  const usual = USUAL[style()];
  for (const id of ['fill', 'stroke', 'background']) if (usual[id]) at(id).value = chosen[id] ?? usual[id];
  for (const id of ['stroke', 'background']) at(`${id}-label`).hidden = !usual[id];
  at('stroke-name').textContent = style() === 'shadow' ? 'Shadow' : 'Outline';
  at('usual').hidden = !Object.keys(usual).some((id) => chosen[id]);
}

/** Says what a platform takes. */
function room() {
  const { what, max_bytes, max_width, max_height, as_of } = platforms[at('fit').value] ?? {};
  const most = [max_bytes && bytes(max_bytes), max_width && `${max_width} x ${max_height} px`].filter(Boolean).join(', ');
  say('fit-note', what ? `${what}: ${most} (as of ${as_of})` : '');
}

/** Fills the form in with a look; what it says nothing of becomes the usual. */
function wear({ style: own = 'overlay', font = 'anton', size = 'auto', align = 'center', case: letters, at: where, from = '', to = '', ...look }) {
  if (where) {
    const value = where.x === undefined ? where : [where.x, where.y, where.width, where.height].join();
    if (![...at('at').options].some((option) => option.value === value)) at('at').append(new Option('The look’s own', value));
    at('at').value = value;
  }
  [at('from').value, at('to').value] = [from, to];
  form.elements.style.value = own;
  form.elements.font.value = font;
  at('size').value = size === 'auto' ? '' : size;
  at('align').value = align;
  at('case').checked = letters === 'upper';
  for (const id of ['fill', 'stroke', 'background']) chosen[id] = look[id]?.slice(0, 7);
  alpha = look.background ? look.background.slice(7) || 'ff' : BOX_ALPHA;
}

/** What is kept as it was typed or chosen. */
const KEPT = [...TEXTS, 'size', 'at', 'from', 'to', 'align', 'format'];

function draft() {
  try { return JSON.parse(sessionStorage.getItem(DRAFT)) ?? {}; } catch { return {}; }
}

function keep() {
  const kept = { style: style(), font: form.elements.font.value, preset: at('preset').value, alpha, fit: at('fit').value, share: at('share').checked, case: at('case').checked, chosen };
  for (const id of KEPT) kept[id] = at(id).value;
  // Full or forbidden storage costs the draft, not the page.
  try { sessionStorage.setItem(DRAFT, JSON.stringify(kept)); } catch { /* kept nowhere */ }
}

/** Brings back what was typed before a reload, and calls `changed(id)` whenever something is. */
export function begin(changed) {
  const kept = draft();
  for (const id of KEPT) if (kept[id] !== undefined) at(id).value = kept[id];
  at('share').checked = kept.share ?? false;
  at('case').checked = kept.case ?? false;
  at('more').open = ['text', 'from', 'to'].some((id) => at(id).value);
  Object.assign(chosen, kept.chosen);
  alpha = kept.alpha ?? BOX_ALPHA;
  form.elements.style.value = kept.style ?? 'overlay';
  colours();
  form.addEventListener('input', ({ target }) => {
    if (target.id === 'file' || target.id === 'key' || target.id === 'slide') return;
    if (target.type === 'color') chosen[target.id] = target.value;
    if (target.name === 'style') at('preset').value = '';
    if (presets[target.value] && target.id === 'preset') wear(presets[target.value]);
    colours();
    room();
    keep();
    absolve(target.id === 'preset' ? FIELDS : target.name === 'style' ? ['style', 'from', 'to', ...TEXTS] : target.name === 'font' ? ['font'] : TEXTS.includes(target.id) ? TEXTS : [target.id].filter((id) => at(`${id}-problem`)));
    for (const place of TEXTS) describe(place);
    changed();
  });
  at('usual').addEventListener('click', () => {
    for (const id of Object.keys(USUAL[style()])) delete chosen[id];
    alpha = BOX_ALPHA;
    colours();
    keep();
    at('fill').focus();
    changed();
  });
  // Ctrl+Enter sends from a text, where Enter alone breaks the line.
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}
