/**
 * The parser of ClientHellos: what each TLS connection pays before the verdict. The hellos are those of real clients
 * (test/wire/vectors): Chromium's, with post-quantum keys and ECH, and curl's; and Chromium's in the records of a client that hides
 * its name, which are joined.
 */
import { strict as assert } from 'node:assert';
import { ClientHello } from '../../src/wire/client-hello.ts';
import { realHello } from '../data/real-hello.ts';
import { inRecords } from '../../test/support/reference/made-hello.ts';
import type { Bench, BenchCase } from './harness.ts';

const MAX_BYTES = 65_536;
const NAME = 'www.a.example';
/** From the issue. */
const BUDGET_NS = 5000;

export function bench(): Bench {
  const chromium = realHello('Chromium');
  return {
    name: 'ClientHello',
    cases: [
      parsed('curl: names found', realHello('curl')),
      parsed('Chromium: names found', chromium),
      named('Chromium: the name as text', chromium),
      { ...parsed('Chromium, records of one byte', inRecords(chromium.subarray(5), 1)), budget: null },
    ],
  };
}

function parsed(name: string, bytes: Buffer): BenchCase {
  const hello = new ClientHello();
  const parse = (): number => {
    hello.begin(0, MAX_BYTES);
    return hello.parse(bytes, bytes.length);
  };
  return repeated(name, parse, () => {
    assert.equal(parse(), bytes.length);
    assert.equal(hello.nameCount, 1);
    assert.equal(hello.name(0), NAME);
  });
}

function named(name: string, bytes: Buffer): BenchCase {
  const hello = new ClientHello();
  const parse = (): string => {
    hello.begin(0, MAX_BYTES);
    hello.parse(bytes, bytes.length);
    return hello.name(0);
  };
  return repeated(
    name,
    () => parse().length,
    () => assert.equal(parse(), NAME),
  );
}

function repeated(name: string, operation: () => number, check: () => void): BenchCase {
  const run = (iterations: number): number => {
    let sum = 0;
    for (let i = 0; i < iterations; i++) sum += operation();
    return sum;
  };
  return { name, budget: BUDGET_NS, check, run };
}
