/** Time over list size, both logarithmic: a line a series through the medians, a bar from min to max, its name at the end. */
import { spread } from '../../load/statistics.ts';
import type { Spread } from '../../load/statistics.ts';
import { written } from './figure.ts';
import type { Figure } from './figure.ts';

const WIDTH = 900;
const HEIGHT = 520;
const PLOT = { left: 70, right: 560, top: 50, bottom: 470 } as const;
const COLOURS = ['#1a6fb5', '#0b8f6a', '#b5531a', '#7a3fb0', '#b01a5c', '#5b6b00'] as const;
/** Not ours: grey, dashed. */
const COMPARED = '#7d8b97';
const LABEL_GAP = 15;

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly points: readonly { readonly size: number; readonly value: Spread }[];
}

interface Scale {
  readonly x: (size: number) => number;
  readonly y: (nanoseconds: number) => number;
}

export function chart(figures: readonly Figure[]): string {
  const all = seriesOf(figures);
  const sizes = [...new Set(all.flatMap(({ points }) => points.map(({ size }) => size)))].sort((a, b) => a - b);
  const values = all.flatMap(({ points }) => points.flatMap(({ value }) => [value.min, value.max]));
  const decades = {
    from: Math.floor(Math.log10(Math.min(...values, 10))),
    to: Math.ceil(Math.log10(Math.max(...values, 100))),
  };
  const scale: Scale = {
    x: (size) =>
      PLOT.left +
      ((Math.log10(size) - Math.log10(sizes[0]!)) / Math.max(1, Math.log10(sizes.at(-1)! / sizes[0]!))) *
        (PLOT.right - PLOT.left),
    y: (nanoseconds) =>
      PLOT.bottom - ((Math.log10(nanoseconds) - decades.from) / (decades.to - decades.from)) * (PLOT.bottom - PLOT.top),
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="t" font-family="sans-serif" font-size="12">
<title id="t">Time of a look-up over list size: less is better</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="24" font-size="16" font-weight="bold" fill="#222">Time of a look-up over list size: less is better. Points: median; bars: min to max.</text>
${grid(sizes, decades, scale)}${all.map((series) => line(series, scale)).join('')}${labels(all, scale)}</svg>
`;
}

function seriesOf(figures: readonly Figure[]): readonly Series[] {
  const names = [...new Set(figures.flatMap(({ point }) => (point === null ? [] : [point.series])))];
  let ours = 0;
  return names.map((name) => {
    const dashed = name.includes(': ');
    const points = figures.flatMap(({ point, samples }) =>
      point?.series === name && samples.length > 0 ? [{ size: point.size, value: spread(samples)! }] : [],
    );
    return { name, dashed, colour: dashed ? COMPARED : COLOURS[ours++ % COLOURS.length]!, points };
  });
}

function grid(
  sizes: readonly number[],
  decades: { readonly from: number; readonly to: number },
  { x, y }: Scale,
): string {
  const across = Array.from({ length: decades.to - decades.from + 1 }, (_, i) => 10 ** (decades.from + i)).map(
    (value) => {
      const text = value < 1000 ? `${value} ns` : `${value / 1000} µs`;
      return `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#ddd"/>\n<text x="${PLOT.left - 8}" y="${at(y(value) + 4)}" text-anchor="end" fill="#222">${text}</text>\n`;
    },
  );
  const down = sizes.map(
    (size) =>
      `<line x1="${at(x(size))}" x2="${at(x(size))}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="#eee"/>\n<text x="${at(x(size))}" y="${PLOT.bottom + 18}" text-anchor="middle" fill="#222">${size.toLocaleString('en')}</text>\n`,
  );
  return `${across.join('')}${down.join('')}<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 38}" text-anchor="middle" fill="#222">entries in the list</text>\n`;
}

function line({ points, colour, dashed }: Series, { x, y }: Scale): string {
  const path = points.map(({ size, value }) => `${at(x(size))},${at(y(value.median))}`).join(' ');
  const marks = points.map(
    ({ size, value }) =>
      `<line x1="${at(x(size))}" x2="${at(x(size))}" y1="${at(y(value.min))}" y2="${at(y(value.max))}" stroke="${colour}" stroke-width="3" stroke-opacity="0.4"/>\n<circle cx="${at(x(size))}" cy="${at(y(value.median))}" r="3" fill="${colour}"/>\n`,
  );
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"${dashed ? ' stroke-dasharray="5 4"' : ''}/>\n${marks.join('')}`;
}

/** To the right of the plot, in the order of their last points, moved apart where they would overlap. */
function labels(all: readonly Series[], { x, y }: Scale): string {
  const ordered = all
    .filter(({ points }) => points.length > 0)
    .map((series) => ({ series, last: series.points.at(-1)! }))
    .sort((a, b) => y(a.last.value.median) - y(b.last.value.median));
  let previous = Number.NEGATIVE_INFINITY;
  return ordered
    .map(({ series, last }) => {
      previous = Math.max(y(last.value.median) + 4, previous + LABEL_GAP);
      const left = PLOT.right + 14;
      return `<line x1="${at(x(last.size) + 4)}" x2="${left - 3}" y1="${at(y(last.value.median))}" y2="${at(previous - 4)}" stroke="${series.colour}" stroke-width="0.5"/>\n<text x="${left}" y="${at(previous)}" fill="${series.colour}">${escape(series.name)} (${written(last.value.median)} ns)</text>\n`;
    })
    .join('');
}

function at(value: number): string {
  return value.toFixed(1);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
