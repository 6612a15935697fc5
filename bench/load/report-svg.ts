/** The result as a chart: for each scene one bar a peer (median of the scene's main figure) with a line from min to max. */
import type { Report } from './report.ts';
import { spreadOf } from './samples.ts';
import { METRICS } from './scenes/scene.ts';
import type { Spread } from './statistics.ts';

const WIDTH = 760;
const LABELS = 200;
const FIGURES = 80;
const BARS = WIDTH - LABELS - FIGURES - 20;
const ROW = 22;
const HEADING = 44;

interface Row {
  readonly peer: string;
  readonly value: Spread;
}

export function svgReport(report: Report): string {
  let y = 40;
  const panels = report.scenes.map((scene) => {
    const rows = [...report.peers, ...report.setUps].flatMap(({ name }) => {
      const value = spreadOf(report.samples, scene.name, name, scene.primary);
      return value === null ? [] : [{ peer: name, value }];
    });
    if (rows.length === 0) return '';
    const metric = METRICS[scene.primary];
    const drawn = panel(`${scene.title}: ${metric.heading}`, rows, metric.digits, y);
    y += HEADING + rows.length * ROW;
    return drawn;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 16}" role="img" aria-labelledby="t" font-family="sans-serif" font-size="13">
<title id="t">Load bench: less is better</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="10" y="24" font-size="16" font-weight="bold" fill="#222">Less is better. Bars: median; lines: min to max.</text>
${panels.join('')}</svg>
`;
}

function panel(title: string, rows: readonly Row[], digits: number, top: number): string {
  const largest = Math.max(...rows.map(({ value }) => value.max), Number.MIN_VALUE);
  const heading = `<text x="10" y="${top + 26}" font-weight="bold" fill="#222">${escape(title)}</text>\n`;
  return heading + rows.map((row, at) => bar(row, digits, top + HEADING - 8 + at * ROW, BARS / largest)).join('');
}

function bar({ peer, value }: Row, digits: number, top: number, scale: number): string {
  const at = (figure: number): string => (LABELS + figure * scale).toFixed(1);
  const middle = top + ROW / 2;
  return `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end" fill="#222">${escape(peer)}</text>
<rect x="${LABELS}" y="${top + 3}" width="${(value.median * scale).toFixed(1)}" height="${ROW - 6}" fill="${peer.startsWith('cleanfeed') ? '#1a6fb5' : '#9fb0bf'}"/>
<line x1="${at(value.min)}" x2="${at(value.max)}" y1="${middle}" y2="${middle}" stroke="#222" stroke-width="1.5"/>
<text x="${Number(at(value.max)) + 8}" y="${middle + 4}" fill="#222">${value.median.toFixed(digits)}</text>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
