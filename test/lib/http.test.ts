/** Node's HTTP by the other way is Node's HTTP. What it does not load: test/commands/run-instance.process.test.ts. */
import * as http from 'node:http';
import { expect, test } from '@jest/globals';
import { createServer, get } from '../../src/lib/http.ts';

test('it is what node:http exports', () => {
  expect([createServer, get]).toEqual([http.createServer, http.get]);
});
