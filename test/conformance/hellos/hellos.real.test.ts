/**
 * A short search of `npm run conformance:hellos`: of some hundred odd hellos for each server, none brings the certificate of the listed name through the
 * filter, by CONNECT and on a transparent listener; and enough of them bring it without.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { describeWith, noteSkipped } from '../../support/programs.ts';
import { needsOf, TLS_SERVERS } from '../../support/tls-servers.ts';
import { missingFor, searchHellos, type HelloReport } from './hellos.ts';

const SEED = 1;
const COUNT = 150;
/** Of them all most servers take a third; Tomcat takes an eighth, since it reads no hello that several records hold. */
const LEAST_LISTED = 10;

const kinds = TLS_SERVERS.filter((kind) => missingFor(kind).length === 0);
let report: HelloReport;

beforeAll(async () => {
  report = await searchHellos({ kinds, seed: SEED, count: COUNT, isOver: () => false, onlyPassing: false });
  if (report.missing !== null && process.env['CI'] !== 'true')
    noteSkipped({ what: 'a transparent listener', why: report.missing });
});

describe.each(TLS_SERVERS)('%s', (kind) => {
  describeWith(needsOf(kind))('with a certificate for the listed name', () => {
    test('shows it to nobody through the filter', () => {
      const campaign = report.campaigns.find((one) => one.kind === kind);
      expect(campaign?.failures).toEqual([]);
      expect(campaign?.asked).toBe(COUNT);
      expect(campaign?.listed).toBeGreaterThan(LEAST_LISTED);
      expect(campaign?.through).toBe(campaign?.listed);
    });
  });
});

test('in CI hellos go through a transparent listener, too', () => {
  expect(report.missing === null || process.env['CI'] !== 'true').toBe(true);
});
