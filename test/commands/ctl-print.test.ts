/** What `ctl status` says above its tables. */
import { expect, test } from '@jest/globals';
import { statusOf } from '../../src/admin/status.ts';
import { statusScreen } from '../../src/commands/ctl-print.ts';
import { controlView, NOW } from '../observe/fixtures.ts';

const TRAFFIC = { connections: 0, requests: {}, upstreamErrors: {}, dropped: {} };

function head(clockJump: number): readonly string[] {
  const status = statusOf(controlView({ clockJump: () => clockJump }), NOW);
  const [, second = ''] = statusScreen({ ...status, pid: 1, traffic: TRAFFIC }, null).split('\n');
  return [second.replace(/^configuration .*/, 'configuration')];
}

// Was a fault: the status page, the log and an alert said so, and the command that runbooks name did not.
test.each([
  [0, 'configuration'],
  [90_060, "CLOCK set forward by 25 h 1 min: entries expire by the time before; 'ctl reload' takes the new one"],
  [-7200, "CLOCK set back by 2 h: entries expire by the time before; 'ctl reload' takes the new one"],
])('a clock that was set by %d s', (seconds, want) => {
  expect(head(seconds)).toEqual([want]);
});
