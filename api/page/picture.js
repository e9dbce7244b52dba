// A picture that moves or stands still, as its viewer likes: an <img>, and over it its first frame while it is paused. A video is a <video>.

const still = matchMedia('(prefers-reduced-motion: reduce)');
let moving = !still.matches;
const shown = new Set();
const buttons = [];

/** One switch for the page; the buttons say what it does next. */
export function motionButton(button) {
  buttons.push(button);
  button.addEventListener('click', () => { moving = !moving; apply(); });
  apply();
}

function apply() {
  for (const button of buttons) button.textContent = moving ? 'Pause' : 'Play';
  for (const picture of shown) picture.apply();
}

still.addEventListener('change', () => { moving = !still.matches; apply(); });

/** MP4 and QuickTime, by their first bytes. */
export const VIDEO = /^.{4}(ftyp|moov|mdat|wide|free)/s;

const isVideo = async (blob) => VIDEO.test(String.fromCharCode(...new Uint8Array(await blob.slice(0, 8).arrayBuffer())));

export class Picture {
  #image = document.createElement('img');
  #video = document.createElement('video');
  #frame = document.createElement('canvas');
  #blob;

  constructor(host, alt) {
    this.#image.alt = alt;
    Object.assign(this.#video, { muted: true, loop: true, playsInline: true, hidden: true });
    this.#video.setAttribute('aria-label', alt);
    this.#frame.setAttribute('aria-hidden', 'true');
    host.replaceChildren(this.#image, this.#video, this.#frame);
    shown.add(this);
  }

  /** Shows a picture from its first frame on, and answers its size once it is known; undefined if it can't be shown. */
  async show(blob) {
    this.clear();
    this.#blob = blob;
    this.#frame.hidden = true;
    const moves = await isVideo(blob);
    if (blob !== this.#blob) return undefined;
    [this.#image.hidden, this.#video.hidden] = [moves, !moves];
    const shown = moves ? this.#video : this.#image;
    shown.src = URL.createObjectURL(blob);
    this.apply();
    // Not decode(): it waits for the whole of a large animation.
    await new Promise((resolve) => { shown.onload = shown.onloadedmetadata = shown.onerror = resolve; });
    const [width_px, height_px] = moves ? [shown.videoWidth, shown.videoHeight] : [shown.naturalWidth, shown.naturalHeight];
    return width_px ? { width_px, height_px } : undefined;
  }

  clear() {
    for (const shown of [this.#image, this.#video]) {
      URL.revokeObjectURL(shown.src);
      shown.removeAttribute('src');
    }
    this.#blob = undefined;
  }

  async apply() {
    if (!this.#video.hidden) {
      // A browser that forbids it shows the first frame.
      if (moving) this.#video.play().catch(() => {});
      else { this.#video.pause(); this.#video.currentTime = 0; }
      return;
    }
    this.#image.classList.toggle('away', !moving);
    this.#frame.hidden = moving;
    const blob = this.#blob;
    if (moving || !blob) return;
    const first = await createImageBitmap(blob).catch(() => undefined);
    if (!first || blob !== this.#blob) return;
    [this.#frame.width, this.#frame.height] = [first.width, first.height];
    this.#frame.getContext('2d').drawImage(first, 0, 0);
    first.close();
  }
}

/** Where a picture stands on a canvas of this size; styles set from script are allowed where style attributes are not. */
export function place(host, box, canvas) {
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(host.style, {
    left: percent(box.left_px, canvas.width_px),
    top: percent(box.top_px, canvas.height_px),
    width: percent(box.width_px, canvas.width_px),
    height: percent(box.height_px, canvas.height_px),
  });
}

export function shape(canvas, { width_px, height_px }) {
  canvas.style.setProperty('--width', width_px);
  canvas.style.setProperty('--height', height_px);
}
