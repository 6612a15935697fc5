/**
 * Line charts of the last hour, drawn as SVG by hand. One chart is one figure: title, what it reads at the cursor, lines,
 * key. Drawn anew with every answer; the cursor stays where it was. Read by pointer or arrow keys; to a screen reader it
 * says its present and its highest value.
 */
const SVG = 'http://www.w3.org/2000/svg';
const BOX = { width: 400, height: 130, left: 4, right: 4, top: 16, bottom: 18 };
const HOUR = 3600;

/** `lines`: { name, key }, `key` of /history; `show` makes words of a value. Returns the function that draws an answer. */
export function createChart(parent, { title, lines, show }) {
  const figure = element(parent, 'figure');
  const caption = element(figure, 'figcaption');
  element(caption, 'span', { id: `chart-${lines[0].key}` }).textContent = title;
  const readout = element(caption, 'span', { class: 'readout', 'aria-live': 'off' });
  const svg = drawn(figure, 'svg', { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: 'img', tabindex: '0' });
  const key = element(figure, 'ul', { class: 'key' });
  lines.forEach(
    ({ name }, index) => (element(element(key, 'li', { class: `line-${index + 1}` }), 'span').textContent = name),
  );
  const chart = { title, lines, show, svg, readout, history: null, cursor: null };
  listen(chart);
  return (history) => {
    chart.history = history;
    draw(chart);
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

function nearestStep({ svg, history }, event) {
  if (history === null) return null;
  const { left, width } = svg.getBoundingClientRect();
  const ago = (1 - (event.clientX - left) / width) * HOUR;
  return history.secondsAgo.reduce(
    (best, seconds, index, all) => (Math.abs(seconds - ago) < Math.abs(all[best] - ago) ? index : best),
    0,
  );
}

function draw(chart) {
  const { svg, title, lines, show, history, cursor, readout } = chart;
  if (history === null) return;
  const top = Math.max(...lines.flatMap(({ key }) => history[key].map((value) => value ?? 0)), 0);
  svg.replaceChildren();
  frame(svg, top > 0 ? show(top) : '');
  lines.forEach(({ key }, index) =>
    drawn(svg, 'path', { class: `line-${index + 1}`, d: path(history, history[key], top) }),
  );
  const words = (index) =>
    lines.map(({ name, key }) => `${name} ${show(history[key][index] ?? Number.NaN)}`).join(', ');
  const last = history.secondsAgo.length - 1;
  const peaks = lines.map(({ name, key }) => `${name} ${show(Math.max(...history[key].map((value) => value ?? 0)))}`);
  svg.setAttribute(
    'aria-label',
    last < 0 ? `${title}: nothing yet` : `${title}, last hour. Now: ${words(last)}. Highest: ${peaks.join(', ')}.`,
  );
  if (cursor !== null && cursor <= last) {
    const at = x(history.secondsAgo[cursor]);
    drawn(svg, 'line', { class: 'cursor', x1: at, x2: at, y1: BOX.top, y2: BOX.height - BOX.bottom });
  }
  // Read out while somebody moves through it, not with every answer.
  readout.setAttribute('aria-live', cursor === null ? 'off' : 'polite');
  const shown = cursor ?? last;
  const when = cursor === null ? '' : `${timeOf(history.secondsAgo[shown])}: `;
  readout.textContent = shown < 0 ? 'nothing yet' : `${when}${words(shown)}`;
}

function frame(svg, topWords) {
  const floor = BOX.height - BOX.bottom;
  drawn(svg, 'line', { class: 'grid', x1: BOX.left, x2: BOX.width - BOX.right, y1: floor, y2: floor });
  drawn(svg, 'line', { class: 'grid', x1: BOX.left, x2: BOX.width - BOX.right, y1: BOX.top, y2: BOX.top });
  label(svg, BOX.left, BOX.top - 4, 'start', topWords);
  label(svg, BOX.left, BOX.height - 4, 'start', '−60 min');
  label(svg, BOX.width / 2, BOX.height - 4, 'middle', '−30 min');
  label(svg, BOX.width - BOX.right, BOX.height - 4, 'end', 'now');
}

/** Gaps where nothing was measured; a single value is a short dash. */
function path({ secondsAgo }, values, top) {
  let pen = 'M';
  return values
    .map((value, index) => {
      if (value === null) {
        pen = 'M';
        return '';
      }
      const at = `${x(secondsAgo[index]).toFixed(1)} ${y(value, top).toFixed(1)}`;
      const isAlone = pen === 'M' && (values[index + 1] ?? null) === null;
      const part = `${pen}${at}${isAlone ? 'h1' : ''}`;
      pen = 'L';
      return part;
    })
    .join('');
}

function x(secondsAgo) {
  return BOX.left + (1 - Math.min(HOUR, secondsAgo) / HOUR) * (BOX.width - BOX.left - BOX.right);
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
