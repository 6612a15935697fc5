/** The curves of a soak as SVG: one panel a figure over time, with the levels at rest before and after as dashed lines. */
import type { Sample } from './sample.ts';
import type { SoakResult } from './soak.ts';

const WIDTH = 860;
const PLOT = { left: 70, width: 640, height: 90, gap: 46, top: 56 } as const;
const COLOURS = ['#1a6fb5', '#b5531a', '#0b8f6a'] as const;
const BEFORE = '#7d8b97';
const MIB = 1024 * 1024;

interface Curve {
  readonly name: string;
  readonly of: (sample: Sample) => number;
}

const PANELS: readonly { readonly title: string; readonly curves: readonly Curve[] }[] = [
  { title: 'Memory, MiB', curves: [{ name: 'resident', of: ({ resident }) => resident / MIB }] },
  {
    title: 'Heap and external memory, all threads, MiB',
    curves: [
      { name: 'heap', of: ({ heap }) => heap / MIB },
      { name: 'external', of: ({ external }) => external / MIB },
    ],
  },
  {
    title: 'Descriptors',
    curves: [
      { name: 'descriptors', of: ({ descriptors }) => descriptors },
      { name: 'sockets', of: ({ sockets }) => sockets },
    ],
  },
  {
    title: 'Connections',
    curves: [
      { name: 'clients', of: ({ clients }) => clients },
      { name: 'upstream', of: ({ upstreams }) => upstreams },
    ],
  },
  {
    title: 'Threads and timers',
    curves: [
      { name: 'threads', of: ({ threads }) => threads },
      { name: 'timers', of: ({ timers }) => timers },
    ],
  },
];

export function soakChart(result: SoakResult): string {
  const height = PLOT.top + PANELS.length * (PLOT.height + PLOT.gap);
  const panels = PANELS.map(({ title, curves }, index) =>
    panel(title, curves, result, PLOT.top + index * (PLOT.height + PLOT.gap)),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t" font-family="sans-serif" font-size="12">
<title id="t">Soak: what the proxy holds over time</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="24" font-size="16" font-weight="bold" fill="#222">Soak of ${Math.round(result.seconds / 60)} min: ${result.total.toLocaleString('en')} answers checked, ${result.wrong} wrong</text>
<text x="10" y="42" fill="#222">Dashed: at rest after the warm-up (grey) and at the end (black).</text>
${panels.join('')}</svg>
`;
}

function panel(title: string, curves: readonly Curve[], { samples, before, after }: SoakResult, top: number): string {
  const end = Math.max(...samples.map(({ at }) => at), 1);
  const most = Math.max(...curves.flatMap(({ of }) => [...samples, before, after].map(of)), 1);
  const x = (at: number): string => (PLOT.left + (at / end) * PLOT.width).toFixed(1);
  const y = (value: number): string => (top + PLOT.height - (value / most) * PLOT.height).toFixed(1);
  const drawn = curves.map(({ name, of }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const points = samples.map((sample) => `${x(sample.at)},${y(of(sample))}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.3"/>
${level(y(of(before)), BEFORE)}${level(y(of(after)), '#222')}<text x="${PLOT.left + PLOT.width + 10}" y="${top + 14 + index * 34}" fill="${colour}">${name}</text>
<text x="${PLOT.left + PLOT.width + 10}" y="${top + 28 + index * 34}" fill="#222">${rounded(of(before))} → ${rounded(of(after))}</text>
`;
  });
  return `<text x="10" y="${top - 8}" font-weight="bold" fill="#222">${title}</text>
<line x1="${PLOT.left}" x2="${PLOT.left + PLOT.width}" y1="${top + PLOT.height}" y2="${top + PLOT.height}" stroke="#999"/>
<text x="${PLOT.left - 8}" y="${top + 8}" text-anchor="end" fill="#222">${rounded(most)}</text>
<text x="${PLOT.left - 8}" y="${top + PLOT.height}" text-anchor="end" fill="#222">0</text>
<text x="${PLOT.left + PLOT.width}" y="${top + PLOT.height + 16}" text-anchor="end" fill="#222">${Math.round(end)} s</text>
${drawn.join('')}`;
}

function level(y: string, colour: string): string {
  return `<line x1="${PLOT.left}" x2="${PLOT.left + PLOT.width}" y1="${y}" y2="${y}" stroke="${colour}" stroke-dasharray="3 5"/>\n`;
}

function rounded(value: number): string {
  return value < 100 ? String(Number(value.toFixed(1))) : value.toFixed(0);
}
