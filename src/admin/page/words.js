/** Figures as people read them; null or nothing at all is a dash. They must not read the clock: the instance says when it is. */
export const NOTHING = '–';
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

/** By the clock of the instance: a reader's that is wrong must not make a list look fresh. */
export function ageOf(moment, now) {
  return age((Date.parse(now) - Date.parse(moment)) / 1000);
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
  return percent(part / whole);
}

/** Neither "all" nor "none" where it is not. */
export function percent(of) {
  const value = of * 100;
  if (!Number.isFinite(value)) return NOTHING;
  if (value > 0 && value < 1) return '<1 %';
  return value < 100 && value > 99 ? '>99 %' : `${Math.round(value)} %`;
}

/** `1.2 GiB`. */
export function bytes(value) {
  if (!Number.isFinite(value)) return NOTHING;
  const step = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  const unit = ['B', 'KiB', 'MiB', 'GiB', 'TiB'][step];
  const scaled = value / 1024 ** step;
  return `${scaled >= 100 || step === 0 ? Math.round(scaled) : Number(scaled.toPrecision(2))} ${unit}`;
}

/** Counted in steps of five: null is fewer. */
export function hits(value) {
  return value === null ? '<5' : count(value);
}

/** `+12`, `−3`, `0`. */
export function difference(value) {
  if (!Number.isFinite(value)) return NOTHING;
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${count(Math.abs(value))}`;
}

/** What a change of a list did, `before` null where nothing was in force; of `added` and `removed` null where only the difference is known. */
export function change({ before, entries, added = null, removed = null }) {
  if (before === null) return 'first load';
  if (added === null || removed === null) return `${difference(entries - before)} entries`;
  const parts = [added > 0 ? `+${count(added)}` : '', removed > 0 ? `−${count(removed)}` : ''];
  return parts.every((part) => part === '')
    ? 'the same entries'
    : `${parts.filter((part) => part !== '').join(' ')} entries`;
}

/** `first_byte_timeout` as words. */
export function reason(name) {
  return name.replaceAll('_', ' ');
}

/** `03:04:05` of the reader's clock. */
export function clock(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}

/** `2026-11-27 03:04`, likewise. */
export function dateTime(time) {
  return new Date(time).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
}

function digits(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
}
