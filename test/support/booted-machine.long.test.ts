/** Two machines at once, as two test files boot them: what happens to a service of the one does not happen to that of the other. */
import { expect, test } from '@jest/globals';
import { bootMachine, describeOnBootedMachine } from './booted-machine.ts';

describeOnBootedMachine()('two machines at once', () => {
  test('a service that is killed by its group in the one, goes on in the other', async () => {
    await using one = await bootMachine(() => {});
    await using other = await bootMachine(() => {});
    for (const machine of [one, other]) await machine.ask('systemd-run --quiet --unit=same sleep infinity');
    await one.ask('systemctl kill --signal=KILL same');
    await one.ask('systemctl is-failed same');
    expect(await other.ask('systemctl is-active same')).toBe('active');
  });
});
