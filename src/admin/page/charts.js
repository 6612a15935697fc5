/**
 * Line charts of an hour or a day, drawn as SVG by hand. One chart is one figure: title, what it reads at the cursor, lines,
 * marks, key. Drawn anew with every answer; the cursor stays where it was. Read by pointer or arrow keys; to a screen reader it
 * says its present and its highest value. It must not ask for what it draws: it is given.
 */
import { change } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
/** In pixels; the width is the figure's own, so that letters keep their size. */
const BOX = { height: 136, left: 2, right: 2, top: 18, bottom: 18 };
const MIN_WIDTH = 200;
const SPANS = {
  hour: { seconds: 3600, name: 'last hour', marks: ['−60 min', '−30 min', 'now'] },
  day: { seconds: 86_400, name: 'last 24 hours', marks: ['−24 h', '−12 h', 'now'] },
};
/** A line is broken where steps are further apart than so many of them: nobody measured. */
const GAP_STEPS = 2;

/**
 * `lines`: { name, key }, `key` of /history; `show` makes words of a value. Returns its figure, what it is `of`, and the function that draws an answer.
 * What an answer of another version does not have stays empty.
 */
export function createChart(parent, { of, title, lines, show }) {
  const figure = element(parent, 'figure');
  const caption = element(figure, 'figcaption');
  element(caption, 'span', { id: `chart-${lines[0].key}` }).textContent = title;
  const readout = element(caption, 'span', { class: 'readout', 'aria-live': 'off' });
  const svg = drawn(figure, 'svg', { role: 'img', tabindex: '0', 'aria-label': title });
  const key = element(figure, 'ul', { class: 'key' });
  lines.forEach(
    ({ name }, index) => (element(element(key, 'li', { class: `line-${index + 1}` }), 'span').textContent = name),
  );
  const chart = { title, lines, show, svg, readout, history: null, span: SPANS.hour, cursor: null };
  listen(chart);
  new ResizeObserver(() => draw(chart)).observe(figure);
  return {
    of,
    figure,
    draw: (history, span) => {
      chart.history = lines.every(({ key }) => key in history) ? history : null;
      if (chart.span !== SPANS[span]) chart.cursor = null;
      chart.span = SPANS[span];
      draw(chart);
    },
  };
}

function listen(chart) {
  const { svg } = chart;
  const move = (index) => {
    const last = (chart.history?.secondsAgo.length ?? 0) - 1;
    chart.cursor = index === null || last < 0 ? null : Math.min(last, Math.max(0, index));
    draw(chart);
  };
  svg.addEventListener('pointermove', (event) => move(nearestStep(chart, event)));
  svg.addEventListener('pointerleave', () => move(null));
  svg.addEventListener('blur', () => move(null));
  svg.addEventListener('keydown', (event) => {
    const last = (chart.history?.secondsAgo.length ?? 0) - 1;
    const at = chart.cursor ?? last;
    const to = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      PageUp: at - 30,
      PageDown: at + 30,
      Home: 0,
      End: last,
      Escape: null,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
}

function nearestStep({ svg, history, span }, event) {
  if (history === null) return null;
  const { left, width } = svg.getBoundingClientRect();
  const ago = (1 - (event.clientX - left) / width) * span.seconds;
  return history.secondsAgo.reduce(
    (best, seconds, index, all) => (Math.abs(seconds - ago) < Math.abs(all[best] - ago) ? index : best),
    0,
  );
}

function draw(chart) {
  const { svg, title, lines, show, history, cursor, readout, span } = chart;
  if (history === null) {
    svg.replaceChildren();
    svg.setAttribute('aria-label', title);
    readout.textContent = '';
    return;
  }
  const width = Math.max(MIN_WIDTH, svg.clientWidth);
  const place = placeOf(width, span);
  const top = Math.max(...lines.flatMap(({ key }) => history[key].map((value) => value ?? 0)), 0);
  svg.setAttribute('viewBox', `0 0 ${width} ${BOX.height}`);
  svg.replaceChildren();
  frame(svg, width, span, top > 0 ? show(top) : '');
  for (const mark of history.marks ?? []) drawMark(svg, mark, place(mark.secondsAgo));
  lines.forEach(({ key }, index) =>
    drawn(svg, 'path', { class: `line-${index + 1}`, d: path(history, history[key], { place, top }) }),
  );
  const words = (index) =>
    lines.map(({ name, key }) => `${name} ${show(history[key][index] ?? Number.NaN)}`).join(', ');
  const last = history.secondsAgo.length - 1;
  const peaks = lines.map(({ name, key }) => `${name} ${show(Math.max(...history[key].map((value) => value ?? 0)))}`);
  svg.setAttribute(
    'aria-label',
    last < 0 ? `${title}: nothing yet` : `${title}, ${span.name}. Now: ${words(last)}. Highest: ${peaks.join(', ')}.`,
  );
  if (cursor !== null && cursor <= last) {
    const at = place(history.secondsAgo[cursor]);
    drawn(svg, 'line', { class: 'cursor', x1: at, x2: at, y1: BOX.top, y2: BOX.height - BOX.bottom });
  }
  // Read out while somebody moves through it, not with every answer.
  readout.setAttribute('aria-live', cursor === null ? 'off' : 'polite');
  const shown = cursor ?? last;
  const when = cursor === null ? '' : `${timeOf(history.secondsAgo[shown])}: `;
  const marked = cursor === null ? '' : markWords(history, cursor);
  readout.textContent = shown < 0 ? 'nothing yet' : `${when}${words(shown)}${marked}`;
}

function frame(svg, width, span, topWords) {
  const floor = BOX.height - BOX.bottom;
  drawn(svg, 'line', { class: 'grid', x1: BOX.left, x2: width - BOX.right, y1: floor, y2: floor });
  drawn(svg, 'line', { class: 'grid', x1: BOX.left, x2: width - BOX.right, y1: BOX.top, y2: BOX.top });
  label(svg, BOX.left, BOX.top - 5, 'start', topWords);
  label(svg, BOX.left, BOX.height - 4, 'start', span.marks[0]);
  label(svg, width / 2, BOX.height - 4, 'middle', span.marks[1]);
  label(svg, width - BOX.right, BOX.height - 4, 'end', span.marks[2]);
}

/** A list changed: a dotted line with a flag. The process started: a full line. */
function drawMark(svg, { kind }, at) {
  const line = { x1: at, x2: at, y1: BOX.top, y2: BOX.height - BOX.bottom };
  drawn(svg, 'line', { class: `mark ${kind}`, ...line });
  if (kind === 'list') drawn(svg, 'path', { class: 'flag', d: `M${at} ${BOX.top}h6l-6 7z` });
}

/** What happened within the step at the cursor. */
function markWords({ marks = [], secondsAgo, stepSeconds }, cursor) {
  const ends = secondsAgo[cursor];
  return marks
    .filter((mark) => mark.secondsAgo >= ends && mark.secondsAgo < ends + stepSeconds)
    .map((mark) => (mark.kind === 'list' ? `; list ${mark.list}: ${change(mark)}` : '; the process started'))
    .join('');
}

/** Gaps where nothing was measured; a single value is a short dash. */
function path({ secondsAgo, stepSeconds }, values, { place, top }) {
  let pen = 'M';
  return values
    .map((value, index) => {
      if (value === null || isAfterGap(secondsAgo, index, stepSeconds)) pen = 'M';
      if (value === null) return '';
      const at = `${place(secondsAgo[index]).toFixed(1)} ${y(value, top).toFixed(1)}`;
      const isAlone = pen === 'M' && (values[index + 1] ?? null) === null;
      const part = `${pen}${at}${isAlone ? 'h1' : ''}`;
      pen = 'L';
      return part;
    })
    .join('');
}

/** Only where a step has a fixed length: a process that was stopped for a while makes one long step of it. */
function isAfterGap(secondsAgo, index, stepSeconds) {
  return index > 0 && secondsAgo[index - 1] - secondsAgo[index] > GAP_STEPS * stepSeconds;
}

function placeOf(width, span) {
  return (secondsAgo) =>
    BOX.left + (1 - Math.min(span.seconds, secondsAgo) / span.seconds) * (width - BOX.left - BOX.right);
}

function y(value, top) {
  const height = BOX.height - BOX.top - BOX.bottom;
  return BOX.top + (top > 0 ? 1 - value / top : 1) * height;
}

function timeOf(secondsAgo) {
  return new Date(Date.now() - secondsAgo * 1000).toLocaleTimeString('en-GB');
}

function label(svg, atX, atY, anchor, words) {
  drawn(svg, 'text', { x: atX, y: atY, 'text-anchor': anchor, 'aria-hidden': 'true' }).textContent = words;
}

function element(parent, name, attributes = {}) {
  return added(parent, document.createElement(name), attributes);
}

function drawn(parent, name, attributes) {
  return added(parent, document.createElementNS(SVG, name), attributes);
}

function added(parent, node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  parent.append(node);
  return node;
}
