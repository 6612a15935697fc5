/** Each parser of src has its row in parsers.ts, and is reached by what feeds it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PARSERS } from './parsers.ts';
import type { Fed } from './parsers.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const IMPORTS = /(?:^(?:import|export)\s(?!type\b)[^;']*?from\s|\bimport\()\s*'(\.[^']+)'/gm;
/** An exported function that takes text or bytes, and is named for reading them. */
const READS =
  /^export (?:async )?function\*? (?:parse|read|decode|open|placesIn|split|judged|routeCount|askedName|first|names|repair|choose|wants)\w*\(\s*\w+: (?:readonly )?(?:string|ByteString|Buffer|Uint8Array)\b/m;
/** A class that is given text or bytes in pieces. */
const READER = /^export class \w*(?:Reader|Head|Parser|Hello|Frames|Line|Stream|Chunked\w*|Header)\b/m;
const JSON_TEXT = /\bJSON\.parse\(|\bjsonAs\(/;
/** Named as one, and none. */
const NONE: Readonly<Record<string, string>> = {
  'commands/lint-resolver.ts': 'opens a socket to a resolver',
  'config/diagnostic.ts': 'puts faults in order',
  'workers/trace-words.ts': 'numbers in memory of this process',
};

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** All that a file loads, itself included. */
function reachedFrom(file: string): ReadonlySet<string> {
  const reached = new Set([file]);
  for (const one of reached)
    for (const [, path = ''] of textOf(one).matchAll(IMPORTS)) {
      const next = join(dirname(one), path);
      if (existsSync(join(ROOT, next))) reached.add(next);
    }
  return reached;
}

const found = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .filter((name) => [READS, READER, JSON_TEXT].some((mark) => mark.test(textOf(join('src', name)))));

describe('parsers', () => {
  test('each has its row', () => {
    expect(found.length).toBeGreaterThan(70);
    expect(found.filter((name) => PARSERS[name] === undefined && NONE[name] === undefined)).toEqual([]);
    const rows = [...Object.keys(PARSERS), ...Object.keys(NONE)];
    expect(rows.filter((name) => !found.includes(name))).toEqual([]);
  });

  test.each(Object.entries(PARSERS))('%s is reached by what feeds it', (name, fed) => {
    const from = feeder(fed);
    if (from === null) return expect(fed).toEqual({ why: expect.stringMatching(/\w{3}/) as unknown });
    expect(existsSync(join(ROOT, from))).toBe(true);
    expect([...reachedFrom(from)]).toContain(`src/${name}`);
    if ('property' in fed)
      expect([...reachedFrom(from)].some((file) => /\bfc\.assert\(/.test(textOf(file)))).toBe(true);
  });

  test('each fuzz target feeds one of them', () => {
    const targets = readdirSync(join(ROOT, 'test', 'fuzz', 'targets')).map((file) => file.replace(/\.ts$/, ''));
    const fed = new Set(Object.values(PARSERS).flatMap((row) => ('target' in row ? [row.target] : [])));
    // It has no parser of its own: it reads paths, which url/path.ts has split off.
    expect(targets.filter((target) => !fed.has(target))).toEqual(['observed-response', 'readings']);
  });
});

function feeder(fed: Fed): string | null {
  if ('target' in fed) return `test/fuzz/targets/${fed.target}.ts`;
  return 'property' in fed ? fed.property : null;
}
