/** What `ctl status` says above its tables. */
import { describe, expect, test } from '@jest/globals';
import { statusOf } from '../../src/admin/status.ts';
import { statusScreen } from '../../src/commands/ctl-print.ts';
import { controlView, NOW } from '../observe/fixtures.ts';

const TRAFFIC = { connections: 0, requests: {}, upstreamErrors: {}, dropped: {} };

type Status = Parameters<typeof statusScreen>[0];

const screen = (attention: Status['attention'], clockJump = 0): string[] => {
  const status = statusOf(controlView({ clockJump: () => clockJump }), NOW);
  return statusScreen({ ...status, pid: 1, attention, traffic: TRAFFIC }, null).split('\n');
};

/** What an instance of an older release tells, which does not say what needs attention. */
function head(clockJump: number): readonly string[] {
  const [, second = ''] = screen(null, clockJump);
  return [second.replace(/^configuration .*/, 'configuration')];
}

describe('what needs attention stands first', () => {
  test('each with since when, the section and the command', () => {
    const attention: Status['attention'] = [
      {
        severity: 'fault',
        text: 'list own: never loaded',
        since: new Date(NOW - 7_500_000).toISOString(),
        runbook: 'operations.md#cleanfeednotready',
        command: 'cleanfeed check -c f.yaml',
      },
    ];
    expect(screen(attention).slice(1, 6)).toEqual([
      'needs attention:',
      '  FAULT    list own: never loaded',
      `           since ${new Date(NOW - 7_500_000).toISOString()} (2 h 5 min); see docs/operations.md#cleanfeednotready`,
      '           cleanfeed check -c f.yaml',
      '',
    ]);
  });

  test('nothing does', () => {
    expect(screen([])[1]).toBe('needs attention: nothing');
  });
});

// Was a fault: the status page, the log and an alert said so, and the command that runbooks name did not.
test.each([
  [0, 'configuration'],
  [90_060, "CLOCK set forward by 25 h 1 min: entries expire by the time before; 'ctl reload' takes the new one"],
  [-7200, "CLOCK set back by 2 h: entries expire by the time before; 'ctl reload' takes the new one"],
])('a clock that was set by %d s', (seconds, want) => {
  expect(head(seconds)).toEqual([want]);
});
