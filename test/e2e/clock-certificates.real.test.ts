/**
 * Requirement 73 with the clock of the whole process, OpenSSL's too (libfaketime): where a clock has jumped no certificate of a list's server is valid any
 * more. Filtering goes on, the fault names the clock, and what was withdrawn meanwhile is free as soon as the clock is right. It must not set the machine's.
 */
import { globSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ClearingHouse } from '../support/clearing-house.ts';
import { eventually } from '../support/eventually.ts';
import { startOkOrigin } from '../support/ok-origin.ts';
import { describeWith } from '../support/programs.ts';
import { lastFailure, nodeSetup, pollNow, refusedOf } from '../support/protected-node.ts';
import { startProxy } from '../support/proxy-process.ts';
import { RepositoryServer } from '../support/repository-server.ts';

const ISP = 'isp-a';

/** A clock that is off by what stands in the file, read with each question for the time. */
function clockOf(file: string): Readonly<Record<string, string>> {
  const [library = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_RESET: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}

describeWith(['nginx', 'openssl', 'faketime'])('a clock that jumps', () => {
  test.each([
    { name: 'ahead', offset: '+20d', reason: 'its certificate has expired, by the clock of this machine' },
    { name: 'back', offset: '-20d', reason: 'its certificate is not valid yet, by the clock of this machine' },
  ])('$name: filtering goes on, the fault names it, and a removal arrives when it is right', async (row) => {
    await using origin = await startOkOrigin();
    using house = await ClearingHouse.begin([ISP]);
    await using server = await RepositoryServer.start(house);
    await house.list('wrong', 'right');
    house.deploy(ISP);
    const setClock = (offset: string): void => {
      writeFileSync(house.file('clock.next'), `${offset}\n`);
      renameSync(house.file('clock.next'), house.file('clock'));
    };
    setClock('+0');
    const { config } = nodeSetup({ house, name: ISP, port: server.port, authority: server.authority });
    await using proxy = await startProxy({ config: config ?? {}, environment: clockOf(house.file('clock')) });
    const refused = async (): Promise<string> => await refusedOf(proxy, origin, ['wrong', 'right']);
    expect(await refused()).toBe('wrongright');
    setClock(row.offset);
    await proxy.told('clock.jumped');
    await house.withdraw('wrong');
    house.deploy(ISP);
    // As a timer asks: an operator's reload would say that the clock is right.
    proxy.signal('SIGHUP');
    const isTold = (): boolean => lastFailure(proxy)?.['code'] === 'connect';
    await eventually('the fault is told', isTold);
    expect(lastFailure(proxy)).toMatchObject({ reason: expect.stringContaining(row.reason), servingLastGood: true });
    expect([await refused(), (await proxy.status()).ready]).toEqual(['wrongright', true]);
    setClock('+0');
    await pollNow(proxy);
    expect(await refused()).toBe('right');
  });
});
