/** An instance with a list that is for nobody but the resolvers that have its policy zone, as its operator sees it. */
import { afterEach, expect, test } from '@jest/globals';
import { cleanfeed, endAll } from '../commands/cli-process.ts';
import { eventually } from '../support/eventually.ts';
import { existsSync } from 'node:fs';
import { startProxy } from '../support/proxy-process.ts';

afterEach(endAll);

// Was a fault: `check` warned that it applies to nobody, its self-test failed for good, and `ctl bypass` said that nothing is filtered.
test('check, the self-test, explain and the bypass know that the list stands in a zone', async () => {
  const config = { resolver: { zones: [{ name: 'block.rpz', file: './block.zone', lists: ['school'] }] } };
  await using proxy = await startProxy({
    lists: { school: { text: 'school.invalid dns test\n', optIn: true } },
    config,
  });
  await eventually('it is written', () => existsSync(proxy.file('block.zone')));
  const said = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await cleanfeed([...args, '-c', proxy.file('cleanfeed.yaml')]);
    return `${stdout}${stderr}`;
  };
  expect(await said('check')).not.toContain('warning');
  expect(await said('selftest')).toMatch(/^result +not tested: .*stands in zones and routes alone/m);
  expect(proxy.logged('selftest.failed')).toEqual([]);
  for (const command of [['explain'], ['ctl', 'explain']]) {
    const text = await said(...command, '--dns', 'school.invalid');
    expect(text).toMatch(/^ +verdict +pass: resolvers that have a zone refuse the name \(block\.rpz\)$/m);
    expect(text).toMatch(/^ +zone +block\.rpz {2}block, by school:1$/m);
    const other = await said(...command, '--dns', 'other.invalid');
    expect(other).toMatch(/^ +verdict +pass$/m);
    expect(other).toMatch(/^ +zone +block\.rpz {2}pass$/m);
  }
  expect(await said('ctl', 'bypass', 'on', '--for', '30m')).toMatch(
    /^BYPASS is on until \S+: nothing is filtered; .*\n {2}zone block\.rpz stays as it is: resolvers go on refusing by it/,
  );
});
