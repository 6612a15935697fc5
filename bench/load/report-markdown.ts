/** The result as Markdown: what must be reached, then one table a scene, then how it was measured. */
import type { Report } from './report.ts';
import { ratioOf, spreadOf } from './samples.ts';
import { METRIC_NAMES, METRICS } from './scenes/scene.ts';
import type { Spread } from './statistics.ts';
import { outcomes } from './targets.ts';

type SceneInfo = Report['scenes'][number];

export function markdownReport(report: Report): string {
  const sections = [
    '# Load bench\n',
    targetTable(report),
    ...report.scenes.map((scene) => sceneTable(report, scene)),
    ...(report.failures.length === 0 ? [] : [failureList(report)]),
    conditions(report),
  ];
  return sections.join('\n');
}

function targetTable(report: Report): string {
  const rows = outcomes(report.samples).map(({ text, isAim, measured, result }) => [
    isAim ? `aim: ${text}` : text,
    measured === null ? '' : cell(measured, 2),
    result,
  ]);
  return `${table(['must reach, or aims at', 'measured', 'result'], rows)}\n`;
}

function sceneTable(report: Report, scene: SceneInfo): string {
  const ofScene = report.samples.filter((sample) => sample.scene === scene.name);
  const metrics = METRIC_NAMES.filter((metric) => ofScene.some(({ figures }) => figures[metric] !== undefined));
  const rows = [...report.peers, ...report.setUps].flatMap(({ name }) => {
    const spreads = metrics.map((metric) => spreadOf(report.samples, scene.name, name, metric));
    if (spreads.every((value) => value === null)) return [];
    const cells = spreads.map((value, at) => (value === null ? '' : cell(value, METRICS[metrics[at]!].digits)));
    return [[name, ...cells, ratioCell(report, scene, name)]];
  });
  if (rows.length === 0) return `## ${scene.name}: ${scene.title}\n\nnot measured\n`;
  const note = scene.note === null ? '' : `${scene.note}\n\n`;
  return `## ${scene.name}: ${scene.title}\n\n${note}${table(['', ...metrics.map((metric) => METRICS[metric].heading), `${scene.ours} / it`], rows)}\n`;
}

function ratioCell(report: Report, scene: SceneInfo, peer: string): string {
  const ratio = peer === scene.ours ? null : ratioOf(report.samples, scene.name, scene.primary, scene.ours, peer);
  return ratio === null ? '' : cell(ratio, 2);
}

function failureList(report: Report): string {
  return `## Not measured\n\n${report.failures.map((text) => `- ${text.replaceAll('\n', ' ')}\n`).join('')}`;
}

function conditions({ machine, run, tools, peers, setUps, date, revision }: Report): string {
  return `## How

Median and (min to max) over ${run.rounds} round${run.rounds === 1 ? '' : 's'} of ${run.seconds} s, peers interleaved, another one first in each round; one proxy
running at a time. CPU is that of the whole process tree of the proxy; memory its resident pages after the scene. "… / it"
divides the main figure of the scene, round by round. wrk ${tools.wrk} and the origin (${tools.origin}) on core 0, the proxy on core 1 unless said otherwise.
Rates and latencies depend on what the load generator and the origin leave of core 0; CPU per request is the figure to compare.
"Core taken by others" is what other programs took of core 1 in the window: the less, the more the figures are worth.
The same ${run.listSize.toLocaleString('en')} URLs wherever a peer can hold a list of URLs. Every answer was checked first: status, body, and
that a listed URL is refused and its sibling is not.

${date}${revision === null ? '' : `, commit ${revision}`}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.kernel}, Node ${machine.node}

${table(
  ['peer', 'version', 'set-up'],
  [...peers, ...setUps].map(({ name, version, note }) => [name, version, note]),
)}`;
}

function cell({ median, min, max }: Spread, digits: number): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median)} (${text(min)} to ${text(max)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
