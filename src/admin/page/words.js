/** Figures as people read them. Pure functions; null or nothing at all is a dash. */
const NOTHING = '–';
const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** `3 d 4 h`, `12 min`, `8 s`. */
export function age(seconds) {
  if (!Number.isFinite(seconds)) return NOTHING;
  const whole = Math.max(0, Math.floor(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first === -1) return '0 s';
  const [unit, size] = UNITS[first];
  const [nextUnit, nextSize] = UNITS[first + 1] ?? ['', 1];
  const rest = first < 2 ? Math.floor((whole % size) / nextSize) : 0;
  return `${Math.floor(whole / size)} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ''}`;
}

/** Of something that takes a moment: `45 µs`, `1.2 ms`, `3 s`; from `most` on it may be more: `≥ 100 ms`. */
export function moment(seconds, most = Infinity) {
  if (!Number.isFinite(seconds)) return NOTHING;
  if (seconds >= most) return `≥ ${moment(most)}`;
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

export function rate(perSecond) {
  return Number.isFinite(perSecond) ? `${digits(perSecond)}/s` : NOTHING;
}

export function count(value) {
  return Number.isFinite(value) ? value.toLocaleString('en') : NOTHING;
}

export function share(part, whole) {
  if (!Number.isFinite(part) || !(whole > 0)) return NOTHING;
  const percent = (part / whole) * 100;
  // Neither "all" nor "none" where it is not.
  if (part > 0 && percent < 1) return '<1 %';
  return percent < 100 && percent > 99 ? '>99 %' : `${Math.round(percent)} %`;
}

/** `first_byte_timeout` as words. */
export function reason(name) {
  return name.replaceAll('_', ' ');
}

function digits(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
}
