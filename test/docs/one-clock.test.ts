/**
 * Time belongs to the test (ADR 0023): outside of src/lib/time.ts no file of src asks Node for a clock or a timer. Who still does stands here, with the
 * number of uses, which may only fall: a file that is new has none, and whoever takes one away lowers the number, or takes the row out.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

/** They keep what they have: uses, and why. */
const KEPT: Readonly<Record<string, readonly [uses: number, why: string]>> = {
  'commands/service-manager.ts': [1, 'the moment that the service manager compares with its own'],
  'dns-front/datagrams/native-datagram-socket.ts': [2, 'once for each batch of datagrams'],
  'forward/address-query.ts': [2, 'once for each name that is asked for'],
  'forward/connector.ts': [1, 'once for each connection'],
  'forward/destination-guard.ts': [1, 'once for each connection; the default of a parameter'],
  'forward/dial.ts': [5, 'once for each connection'],
  'forward/head-turns.ts': [3, 'once for each request'],
  'forward/last-upload.ts': [1, 'once for each connection'],
  'forward/resolver.ts': [1, 'once for each name; the default of a parameter'],
  'forward/spent-connection.ts': [3, 'once for each connection'],
  'forward/write-batch.ts': [3, 'once for each piece that is written'],
  'lib/pauses.ts': [2, 'a pause between two steps of work is real: it is for other threads'],
  'observe/line-writer.ts': [2, 'at the end of the process the thread itself waits: only the real clock goes on'],
  'outlets/routes/ask-addresses.ts': [1, 'compared with what stub-resolver/ask-servers.ts notes'],
  'stub-resolver/ask-servers.ts': [5, 'once for each question to a name server'],
  'workers/timed-switch.ts': [1, 'seconds that all threads share'],
  'workers/trace-switch.ts': [1, 'seconds that all threads share'],
  'workers/compose-worker.ts': [2, 'the clock of a data thread, read for each request'],
  'workers/data-plane.ts': [5, 'seconds that all threads share, read with each look of a data thread'],
};

/** Not converted yet. A command runs once, as a process of its own, and most of its uses ask which day it is. */
const NOT_YET: Readonly<Record<string, number>> = {
  'commands/bundle.ts': 1,
  'commands/check.ts': 1,
  'commands/list-compile.ts': 1,
  'commands/list-import-options.ts': 1,
  'commands/list-lint.ts': 2,
  'commands/list-stats.ts': 1,
  'commands/local-judge.ts': 1,
  'commands/publish-oversight.ts': 1,
  'commands/publish-setup.ts': 1,
  'commands/publish-witness.ts': 1,
  'commands/read-lists.ts': 2,
  'commands/report-entries.ts': 1,
  'commands/report.ts': 3,
  'commands/zone-write.ts': 1,
  'forward/watched-file.ts': 1,
};

/** A use of a clock or a timer, also by its name alone; `socket.setTimeout` is the socket's own. A default, `time = systemTime`, is none. */
const USES = [
  /(?<![.\w#])(?:setTimeout|setInterval|setImmediate)\b(?=\()/g,
  /\bDate\.now\b|\bperformance\.(?:now|timeOrigin)\b|\bprocess\.(?:hrtime|uptime)\b|\bnew Date\(\)|\bAbortSignal\.timeout\b/g,
  /'node:timers(?:\/promises)?'|\bsystemTime\./g,
];
/** Words in a comment are no use. */
const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm;

const names = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
const counts = new Map(
  names
    .filter((name) => name.endsWith('.ts') && name !== 'lib/time.ts')
    .map((name): [string, number] => [name, usesIn(readFileSync(join(ROOT, 'src', name), 'utf8'))]),
);

function usesIn(source: string): number {
  const code = source.replaceAll(COMMENT, '');
  return USES.reduce((sum, use) => sum + (code.match(use) ?? []).length, 0);
}

describe('ADR 0023: one clock', () => {
  test('nobody new asks Node for a clock or a timer, and each number of the tables is exact', () => {
    const found = Object.fromEntries([...counts].filter(([, count]) => count > 0));
    const kept = Object.fromEntries(Object.entries(KEPT).map(([name, [count]]) => [name, count]));
    expect(found).toEqual({ ...kept, ...NOT_YET });
  });

  test('no file stands in both tables', () => {
    expect(Object.keys(KEPT).filter((name) => name in NOT_YET)).toEqual([]);
  });

  test('a use is seen, words in comments and what is called alike are not', () => {
    expect(
      usesIn('x = setTimeout(f, 1); y = Date.now; const { a } = performance.now();\nif (a) setImmediate(f);'),
    ).toBe(4);
    expect(usesIn("import { setImmediate } from 'node:timers/promises';")).toBe(1);
    expect(usesIn('/** `setTimeout(f)` */\n  // Date.now()\nf(); // performance.now()\n')).toBe(0);
    expect(usesIn('socket.setTimeout(5); server.setTimeout(5); new Date(at); clearTimeout(timer);')).toBe(0);
  });
});
