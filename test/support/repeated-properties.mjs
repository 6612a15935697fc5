/**
 * fast-check for `npm run properties`: each property is asked again and again, each time with a new seed, for PROPERTY_SECONDS. The ordinary
 * run draws a few thousand examples; what only one draw in a million shows fails there once in a hundred runs, long after the change that
 * brought it. Only `assert` differs, and this must not change what a property is given: each round is a whole run with the test's own
 * parameters (fast-check draws the first examples of a run in another way than the later ones).
 */
import * as real from '../../node_modules/fast-check/lib/fast-check.js';

export * from '../../node_modules/fast-check/lib/fast-check.js';

// The seed of the run (seeded-fast-check.mjs) is for its first round alone.
real.resetConfigureGlobal();

/** The first round keeps a seed that the test names; later ones draw theirs. Whoever names a path has one example in mind. */
export function assert(property, parameters = {}) {
  const end = performance.now() + milliseconds();
  const { seed: _named, ...others } = parameters;
  const first = real.assert(property, parameters);
  if (parameters.path !== undefined) return first;
  if (property.isAsync()) return repeatedAsync(first, () => real.assert(property, others), end);
  while (performance.now() < end) void real.assert(property, others);
  return undefined;
}

function milliseconds() {
  const seconds = Number(process.env['PROPERTY_SECONDS']);
  if (!(seconds > 0)) throw new Error('PROPERTY_SECONDS is a number of seconds, more than 0');
  return seconds * 1000;
}

async function repeatedAsync(first, again, end) {
  await first;
  // One after the other: they share sockets and files.
  while (performance.now() < end) await again();
}

export default { ...real, assert };
