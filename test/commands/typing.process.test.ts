/** What helps whoever types, as the program prints it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { ROOT } from '../docs/markdown.ts';
import { cleanfeed, endAll } from './cli-process.ts';

afterAll(endAll);

test.each([
  { args: ['schema'], takes: ['default.yaml', 'demo.yaml', 'fleet/node.yaml'], refuses: ['relay.yaml'] },
  { args: ['schema', 'filter'], takes: ['default.yaml'], refuses: ['relay.yaml'] },
  { args: ['schema', 'relay'], takes: ['relay.yaml'], refuses: ['demo.yaml'] },
])('$args: a JSON Schema that takes $takes, and not $refuses', async ({ args, takes, refuses }) => {
  const { code, stdout, stderr } = await cleanfeed(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const isTaken = new Ajv({ strict: false }).compile(JSON.parse(stdout) as object);
  const taken = [...takes, ...refuses].filter((file) =>
    isTaken(parse(readFileSync(join(ROOT, 'config', file), 'utf8'))),
  );
  expect(taken).toEqual(takes);
});
