/**
 * What the modes share. For each file of tests that speaks to an explicit proxy: the files in which the same holds where clients speak to
 * origins (transparent, steered, inside CONNECT), or why it is about explicit mode alone. test/hostile/meta.test.ts checks that nothing is left out.
 */

/** Paths from the root of where the same is tested; or why nowhere. */
type Shared = readonly string[] | string;

const HERE = 'test/hostile/intercepted';
const REQUESTS = `${HERE}/requests.ts`;
const ANSWERS = `${HERE}/answers.ts`;
const ENDS = `${HERE}/ends.ts`;
const BOUNDS = `${HERE}/bounds.ts`;
const HOSTS = `${HERE}/hosts.ts`;
const HELLOS = `${HERE}/hellos.ts`;
const DEADLINES = `${HERE}/deadlines.ts`;
const STEERED = `${HERE}/steered.test.ts`;
const EVERY_MODE = 'test/network/modes.real.test.ts';

const ADMISSION = 'whoever is let in is let in before a mode has a say (test/accept/client-admission.test.ts)';

/** By the number of the requirement. */
export const HOSTILE: Readonly<Record<number, Shared>> = {
  1: 'what servers take for HTTP passes there, or is refused: requirement 76',
  2: [REQUESTS],
  3: [REQUESTS],
  4: 'origin-form is what clients of an origin send',
  5: 'what is no target to a proxy may be one to an origin; targets that origins read in two ways are among those of requirement 3',
  6: [HOSTS],
  7: [REQUESTS],
  8: [BOUNDS],
  9: [BOUNDS],
  10: [REQUESTS, BOUNDS],
  11: 'it is not decided but observed: codings of requirement 10',
  12: [BOUNDS],
  13: [REQUESTS],
  14: [REQUESTS],
  15: [ANSWERS, ENDS],
  16: [ANSWERS],
  17: [ANSWERS],
  18: [REQUESTS],
  19: [REQUESTS],
  20: [ANSWERS],
  21: 'fields travel as they came: requirement 7',
  22: [REQUESTS],
  23: ['test/network/client-field.real.test.ts'],
  24: [HOSTS],
  25: [REQUESTS],
  26: 'CONNECT to a proxy',
  27: 'CONNECT to a proxy',
  28: [HELLOS],
  29: [HELLOS],
  30: [ENDS],
  31: [STEERED],
  32: ['test/network/steered-listener.real.test.ts'],
  34: ['test/network/steered-listener.real.test.ts'],
  35: [DEADLINES, 'test/network/deadlines.real.test.ts'],
  36: ADMISSION,
  37: [ENDS, 'test/hostile/37-back-pressure.test.ts'],
  38: [DEADLINES, REQUESTS],
  39: 'the maps are those of explicit mode, but for the pool, which there is none of (requirement 24)',
  40: ['test/hostile/40-no-exception.real.test.ts'],
  41: ['test/e2e/intercepted-endings.process.test.ts'],
  52: [`${HERE}/enumeration.real.test.ts`],
  59: [REQUESTS],
  60: [BOUNDS],
  61: [ANSWERS],
  62: [REQUESTS],
  63: 'about files',
  64: 'about files',
};

const ABOUT_LISTS = 'about lists and where they come from: the listener is only who is asked what is in force';
const ABOUT_OPERATION = 'about the process and its operation: the listener is only who shows that it serves';
const ABOUT_NAMES = 'about listeners of mode dns, zones and names';

/** By the name of the file, without its ring and `.test.ts`. */
export const END_TO_END: Readonly<Record<string, Shared>> = {
  addresses: [STEERED, 'test/network/steered-listener.real.test.ts', 'test/network/transparent-listener.real.test.ts'],
  'broken-origins': [ANSWERS, ENDS],
  browser: ['test/network/browser.real.test.ts'],
  'cleartext-connect': 'it is intercepted traffic',
  'client-caps': ADMISSION,
  connect: 'CONNECT to a proxy; tunnels: test/hostile/intercepted/ends.ts',
  'counters-exact': ['test/accept/intercepted/random-requests.test.ts'],
  curl: [EVERY_MODE],
  'intercepted-endings': 'it is intercepted traffic',
  'interim-answers': [ANSWERS],
  'many-at-once': ADMISSION,
  metrics: ['test/accept/intercepted/raw-http-session.test.ts', 'test/accept/intercepted/tls-session.test.ts'],
  'name-servers': ['test/network/steered-listener.real.test.ts'],
  'narrowing-reload': ['test/e2e/narrowing-reload.real.test.ts'],
  'nginx-origin': [EVERY_MODE, 'test/network/port-80.real.test.ts'],
  policies: ['test/e2e/policies.real.test.ts', 'test/network/client-groups.real.test.ts'],
  'proxy-protocol': ['test/network/steered-listener.real.test.ts'],
  'random-traffic': ['test/accept/intercepted/random-requests.test.ts'],
  'second-hellos': 'it is intercepted traffic',
  'slow-clients': [ENDS, DEADLINES],
  slowhttptest: [DEADLINES],
  tls: [EVERY_MODE],
  'spelled-addresses': ['test/e2e/spelled-addresses.real.test.ts'],
  'tls-servers': 'it is intercepted traffic',
  'text-behind': ['test/policy/text-behind.real.test.ts'],
  trace: 'intercepted responses are changed by nothing, a trace either (docs/adr/0021-diagnosis.md)',
  'unread-bodies': [ANSWERS, 'test/network/kept-connections.real.test.ts'],
  websocket: [REQUESTS],
  ...each(
    ABOUT_LISTS,
    'clock-certificates compiled-lists folder-attacks full-disk-folder gate-everywhere https-lists large-list lists-behind-login lists list-off list-places list-versions lists-being-written protected-list-attacks protected-list-form protected-list-network protected-list-reloads protected-list-removals protected-lists-side-by-side protected-lists public-lists public-suffixes published-lists secrets split-view text-list-content text-removals withdrawal-drill',
  ),
  ...each(
    ABOUT_OPERATION,
    'away-files clock-jump control-faults descriptors failing-run full-disk full-disk-start held-worker hung-files lame-duck languages lifecycle log openmetrics prometheus self-test-kinds self-test-reloads started-by-npm status-page stop-while-compiling told-of-a-reload two-instances untold-routes',
  ),
  ...each(
    ABOUT_NAMES,
    'dns-clients dns-listener dns-no-way dns-over-tcp dns-restart dns-review dns-shares dns-tcp-resolvers dns-upstreams dns-verdicts names-alone names-missing policy-zones zone-alone',
  ),
};

function each(because: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, because]));
}
