// What is said to people: sizes, refusals in plain words. It touches no element and asks nobody.

export const number = (n) => n.toLocaleString('en');
export const count = (text) => [...text].length;

export function bytes(n) {
  if (n < 1000) return `${n} bytes`;
  const [value, unit] = n < 1e6 ? [n / 1e3, 'kB'] : [n / 1e6, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** When a caption is shown that has a time; empty of one that is there always. */
export function when({ from, to, frames }) {
  if (frames) return `in the frames ${frames.join(' to ')}`;
  return [from > 0 && `from ${from} s`, to !== undefined && `to ${to} s`].filter(Boolean).join(' ');
}

const KNOWN = {
  file_too_large: (p) => p.limit && `This file is too large: at most ${bytes(p.limit)} are taken${p.got > p.limit + 1 ? `, it has ${bytes(p.got)}` : ''}.`,
  unsupported_media: ({ name }) => `${name ? `“${name}”` : 'This'} is no GIF, PNG, JPEG or WebP.`,
  missing_file: () => 'Choose a picture first.',
  empty_text: () => 'Type something: at the top, at the bottom or elsewhere.',
  no_visible_text: () => 'These characters leave no mark. Type something that can be seen.',
  truncated: (p) => `This picture is cut short. ${sentence(p)}`,
  not_as_asked: (p) => `The picture would not be as you asked. ${sentence(p)}`,
  text_too_long: (p) => p.limit && `At most ${number(p.limit)} characters fit in here; this has ${number(p.got)}. Nothing was cut off.`,
  text_does_not_fit: (p) => `This text does not fit the picture. ${sentence(p)}`,
  too_many_jobs: (p) => `You have ${number(p.got)} captions in the making; ${number(p.limit)} at a time are allowed.`,
  rate_limited: () => 'That was a lot in a short time.',
  too_many_uploads: (p) => `You are sending ${number(p.got)} bytes at a time; ${number(p.limit)} are allowed. Wait for the others to arrive.`,
  overloaded: () => 'The server has its hands full.',
  unauthorised: (p) => (/known|expired/.test(p.detail) ? `The key was not taken. ${sentence(p)}` : 'This server asks for an API key.'),
  job_not_found: () => 'The server no longer knows this caption. Send it again.',
};

/** The refusal in words. Every code has the server's own sentence; some have a friendlier one. */
export const said = (problem) => KNOWN[problem.code]?.(problem) || sentence(problem);

function sentence({ detail = '', field }) {
  const text = (field && detail.startsWith(`${field}: `) ? detail.slice(field.length + 2) : detail).trim() || 'The server refused this';
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** What of a finished picture is not as it was asked for, a sentence each; none if all is. */
export function notes({ differences = [], fidelity }) {
  const small = fidelity?.captions.filter(({ letters_px: letters }) => letters < 10) ?? [];
  return [
    ...differences.map((detail) => sentence({ detail })),
    ...small.map(({ letters_px: letters }) => `The letters are ${number(letters)} px small; fewer words read better.`),
  ];
}
