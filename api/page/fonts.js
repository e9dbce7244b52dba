// The fonts to choose from, each in its own letters as the server outlines them: no font is sent.

const SVG = 'http://www.w3.org/2000/svg';

/** A line of letters: above the baseline there is room for capitals with their marks, below for descenders. */
function letters({ em, left, width, path: d }) {
  const [svg, path] = ['svg', 'path'].map((name) => document.createElementNS(SVG, name));
  svg.setAttribute('viewBox', `${left} ${-0.95 * em} ${width} ${1.25 * em}`);
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', d);
  svg.append(path);
  return svg;
}

/** A radio button for each font, by its name where it has no sample; `wanted` is chosen, or else the first. */
export function offer(host, { fonts, font_samples: samples = {} }, wanted) {
  const first = fonts.includes(wanted) ? wanted : fonts[0];
  host.replaceChildren(...fonts.map((name) => {
    const label = Object.assign(document.createElement('label'), { title: name });
    const radio = Object.assign(document.createElement('input'), { type: 'radio', name: 'font', value: name, checked: name === first });
    radio.setAttribute('aria-label', name);
    radio.setAttribute('aria-describedby', 'font-problem');
    const shown = document.createElement('span');
    const sample = samples[name];
    shown.append(sample ? letters(sample) : name, sample && sample.text !== name ? name : '');
    label.append(radio, shown);
    return label;
  }));
}
