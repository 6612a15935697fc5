/** Another configuration for an instance that runs. */
import { writeFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { askControl } from '../../src/commands/control-client.ts';
import type { ProxyProcess } from './proxy-process.ts';

/** Resolves when every worker goes by it: that it is in force `/status` tells a moment earlier. */
export async function reloadWith(proxy: ProxyProcess, config: object): Promise<void> {
  writeFileSync(proxy.file('cleanfeed.yaml'), JSON.stringify(config));
  const asked = await askControl(proxy.file('state/control.sock'), { command: 'reload' });
  expect(asked).toMatchObject({ kind: 'reply', reply: { ok: true } });
}
