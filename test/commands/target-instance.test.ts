/** The instance that `ctl status` shows where none is named. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { defaultInstance } from '../../src/commands/target-instance.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test("that of the shipped unit's configuration, else the only one that has a control socket, else none", async () => {
  using folder = temporaryDirectory();
  const [configuration, state] = [folder.file('cleanfeed.yaml'), folder.file('state')];
  const found = async (): Promise<unknown> => await defaultInstance(configuration, state);
  expect(await found()).toBeNull();
  mkdirSync(folder.file('state/a'), { recursive: true });
  writeFileSync(folder.file('state/a/control.sock'), '');
  expect(await found()).toEqual({ socket: folder.file('state/a/control.sock') });
  writeFileSync(folder.file('state/control.sock'), '');
  expect(await found()).toBeNull();
  writeFileSync(configuration, '');
  expect(await found()).toEqual({ config: configuration });
});
