/** Each request counts once, by its verdict; what the machine or a balancer asks for itself counts apart, too. */
import { expect, test } from '@jest/globals';
import { RequestCount } from '../../../src/accept/http/request-count.ts';
import { VERDICT } from '../../../src/observe/counters.ts';

type Host = ConstructorParameters<typeof RequestCount>[1];

function counted(whose: { readonly isOwn?: boolean; readonly isBalancers?: boolean }): {
  readonly count: RequestCount;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const counters = {
    request: (slot: number, verdict: number) => lines.push(`listener ${slot} verdict ${verdict}`),
    ownRequest: () => lines.push('own'),
  };
  const { isOwn = false, isBalancers = false } = whose;
  const host = { client: { isOwn }, listener: { slot: 3 }, isBalancers } as Host;
  return { count: new RequestCount(counters, host), lines };
}

test('a request counts when its answer begins, fails or is not waited for, and never twice', () => {
  const { count, lines } = counted({});
  count.judged(VERDICT.pass);
  count.begun();
  count.failed(VERDICT.error);
  count.abandoned();
  count.judged(VERDICT.count);
  count.failed(VERDICT.error);
  count.abandoned();
  count.judged(VERDICT.allow);
  count.abandoned();
  expect(lines).toEqual([VERDICT.pass, VERDICT.error, VERDICT.allow].map((verdict) => `listener 3 verdict ${verdict}`));
});

// Was a fault: what a balancer asks without a proxy in mind is refused, was taken off twice, and a node with few customers at night had none.
test.each([{ isOwn: true }, { isBalancers: true }])(
  'what is no customer counts apart, too, but what is refused: %j',
  (whose) => {
    const { count, lines } = counted(whose);
    count.judged(VERDICT.pass);
    count.begun();
    count.count(VERDICT.refuse);
    expect(lines).toEqual([`listener 3 verdict ${VERDICT.pass}`, 'own', `listener 3 verdict ${VERDICT.refuse}`]);
  },
);
