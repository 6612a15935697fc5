/**
 * What the connection and the exchange do, recorded before they were taken apart: each scenario gives the trace that it
 * gave then. `RECORD_TRACES=1` writes the record anew; its difference says what a change does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ANSWERS } from './scenarios/answers.ts';
import { ENDS } from './scenarios/ends.ts';
import { REQUESTS } from './scenarios/requests.ts';
import { TUNNELS } from './scenarios/tunnels.ts';
import type { Scenarios, Step } from './scenarios/words.ts';
import { Stage } from './stage.ts';

const SCENARIOS: Scenarios = { ...REQUESTS, ...ANSWERS, ...ENDS, ...TUNNELS };
const RECORD = join(import.meta.dirname, 'recorded-traces.json');

if (process.env['RECORD_TRACES'] === '1')
  writeFileSync(
    RECORD,
    `${JSON.stringify(Object.fromEntries(Object.keys(SCENARIOS).map((name) => [name, play(name)])), null, 1)}\n`,
  );
const recorded = JSON.parse(readFileSync(RECORD, 'utf8')) as Record<string, string[]>;

test('each scenario is recorded, and no other', () => {
  expect(Object.keys(recorded).toSorted()).toEqual(Object.keys(SCENARIOS).toSorted());
});

test.each(Object.keys(SCENARIOS))('%s', (name) => {
  expect(play(name)).toEqual(recorded[name]);
});

function play(name: string): string[] {
  const { settings, steps } = SCENARIOS[name]!;
  const stage = new Stage(settings);
  for (const step of steps) {
    stage.trace.add(`── ${step[0]}`);
    perform(stage, step);
    stage.settle();
  }
  stage.trace.add(stage.balance());
  return stage.trace.lines;
}

function perform(stage: Stage, step: Step): void {
  switch (step[0]) {
    case 'together':
      for (const each of step.slice(1) as Step[]) perform(stage, each);
      return;
    case 'client':
      return stage.client.push(Buffer.from(step[1], 'latin1'));
    case 'client ends':
      return stage.client.finish();
    case 'client resets':
      return stage.client.gone('ECONNRESET');
    case 'client closes':
      return stage.client.gone(null);
    case 'client stalls':
      return stage.client.stall();
    case 'client takes':
      return stage.client.takeAll();
    case 'origin':
      return stage.upstream(step[2])?.socket.push(Buffer.from(step[1], 'latin1'));
    case 'origin ends':
      return stage.upstream(step[1])?.socket.finish();
    case 'origin gone':
      return stage.upstream(step[2])?.socket.gone(step[1]);
    case 'origin stalls':
      return stage.upstream(step[1])?.socket.stall();
    case 'origin takes':
      return stage.upstream(step[1])?.socket.takeAll();
    case 'origin owns its buffer':
      return stage.upstream(step[1])?.takeOwnBuffer();
    case 'connected':
      return stage.connected();
    case 'connect fails':
      return stage.connectFails(step[1]);
    case 'turns held':
      return stage.holdTurns(true);
    case 'turns free':
      return stage.holdTurns(false);
    case 'lame duck':
      stage.context.state.draining = true;
      return;
    case 'drain':
      stage.context.state.draining = stage.context.state.closed = true;
      return stage.connection.drain();
    case 'pass':
      return stage.pass(step[1]);
    case 'reload':
      return stage.reload(step[1]);
  }
}
