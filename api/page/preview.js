// The caption over the playing picture, drawn from what the server lays out: no guess of its own at lines and sizes.

import { countdown, postJson, worthWaiting } from './api.js';
import { place, shape } from './picture.js';
import { when } from './words.js';

const PAUSE_MS = 120;
const SVG = 'http://www.w3.org/2000/svg';

const element = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
};

/** What casts a shadow, in its colour, blurred and then stronger by `gain`. */
function blurred(id, { blur_px, gain, colour }, { width_px: width, height_px: height }) {
  const filter = element('filter', { id, filterUnits: 'userSpaceOnUse', x: 0, y: 0, width, height, 'color-interpolation-filters': 'sRGB' });
  const stronger = element('feComponentTransfer', { result: 'cast' });
  stronger.append(element('feFuncA', { type: 'linear', slope: gain }));
  filter.append(element('feGaussianBlur', { in: 'SourceAlpha', stdDeviation: blur_px }), stronger);
  filter.append(element('feFlood', { 'flood-color': colour }), element('feComposite', { operator: 'in', in2: 'cast' }));
  return filter;
}

/** Says when a caption is shown that has a time: which frame a browser shows is not known to a page. */
function timed(caption, { height_px: height }) {
  const { left_px: x, top_px: y, width_px, height_px } = caption.box;
  const size = Math.max(9, height / 22);
  const text = element('text', { class: 'when', x, y: y > 1.4 * size ? y - 0.4 * size : y + height_px + 1.1 * size, 'font-size': size });
  text.textContent = when(caption);
  return [element('rect', { class: 'while', x, y, width: width_px, height: height_px }), text];
}

/** A caption, from the bottom up: band or plate, shadow, letters, emoji. */
function drawn(caption, index, images) {
  const { at, band, plate, background, shadow, path, fill, stroke, stroke_px, emoji = [] } = caption;
  const behind = [band, plate].filter(Boolean).map(({ left_px: x, top_px: y, width_px: width, height_px: height, radius_px: rx = 0 }) =>
    element('rect', { x, y, width, height, rx, fill: background }));
  const outline = stroke_px > 0 ? { stroke, 'stroke-width': 2 * stroke_px, 'stroke-linejoin': 'round', 'paint-order': 'stroke' } : {};
  const letters = element('path', { d: path, fill, 'data-at': typeof at === 'string' ? at : 'box', ...outline });
  const pictures = emoji.map(({ image, left_px: x, top_px: y, width_px: width, height_px: height }) => element('image', { href: images[image], x, y, width, height }));
  const through = shadow ? [element('g', { filter: `url(#shade-${index})` })] : [];
  for (const group of through) {
    // The filter's bounds are the picture's, so what casts the shadow is moved within it.
    const moved = element('g', { transform: `translate(${shadow.offset_px} ${shadow.offset_px})` });
    moved.append(element('path', { d: path }), ...pictures.map((picture) => picture.cloneNode()));
    group.append(moved);
  }
  return [...behind, ...through, letters, ...pictures];
}

export class Preview {
  #canvas;
  #host;
  #ink;
  #told;
  #asking = new AbortController();
  #timer;

  /** `told.layout(layout)`, `told.refused(problem)`, `told.away(bool)`. */
  constructor({ canvas, host, ink }, told) {
    [this.#canvas, this.#host, this.#ink, this.#told] = [canvas, host, ink, told];
  }

  /** Shows this spec on a picture of this size, a moment after the last change; what was asked before is given up. */
  update(size, spec) {
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    if (!size) return;
    if (!spec) {
      this.#draw({ ...size, picture: { left_px: 0, top_px: 0, ...size }, captions: [] });
      this.#told.layout(undefined);
      return;
    }
    this.#ink.setAttribute('aria-busy', 'true');
    this.#timer = setTimeout(() => this.#ask({ ...size, captions: spec.captions }, signal), PAUSE_MS);
  }

  async #ask(question, signal) {
    for (let tries = 0; ; tries++) {
      try {
        const layout = await postJson('/v1/layout', question, signal);
        if (signal.aborted) return;
        this.#draw(layout);
        this.#told.away(false);
        return this.#told.layout(layout);
      } catch (error) {
        if (signal.aborted) return;
        const wait_s = worthWaiting(error, tries);
        if (wait_s === undefined) {
          // A layout that is no longer of this text would be a lie.
          this.#draw({ ...question, picture: { left_px: 0, top_px: 0, width_px: question.width_px, height_px: question.height_px }, captions: [] });
          return this.#told.refused(error);
        }
        this.#told.away(true);
        try { await countdown(wait_s, signal); } catch { return; }
      }
    }
  }

  #draw(layout) {
    shape(this.#canvas, layout);
    place(this.#host, layout.picture, layout);
    this.#ink.setAttribute('viewBox', `0 0 ${layout.width_px} ${layout.height_px}`);
    this.#ink.removeAttribute('aria-busy');
    const shadows = layout.captions.flatMap(({ shadow }, index) => (shadow ? [blurred(`shade-${index}`, shadow, layout)] : []));
    this.#ink.replaceChildren(...shadows, ...layout.captions.flatMap((caption, index) => [
      ...drawn(caption, index, layout.images), ...(when(caption) ? timed(caption, layout) : [])]));
  }
}
