/**
 * A relay runs for months, and its host is upgraded meanwhile (requirement 67): what it may have to load later (threads that make records) is exercised after
 * its release has gone, has become another one, or has been written over in place.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Publishing } from '../publish/publishing.ts';
import { eventually } from '../support/eventually.ts';
import { ReleaseCopy, type Form } from '../support/release-copy.ts';
import { Resources } from '../support/resources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** For two recipients enough to be worth threads. */
const LINES = 10_000;
const RECIPIENTS = ['node-1', 'node-2'];

let resources: Resources;
beforeEach(() => {
  resources = new Resources();
});
afterEach(async () => await resources.end());

const CHANGES = [
  { name: 'moved away', change: (release: ReleaseCopy) => release.moveAway() },
  { name: 'replaced by another release', change: (release: ReleaseCopy) => release.replace() },
  { name: 'written over in place', change: (release: ReleaseCopy) => release.writeOver() },
];
const FORMS: readonly Form[] = ['build', 'sources'];

describe.each(FORMS)('the folder of the %s', (form) => {
  test.each(CHANGES)('is $name', async ({ change }) => {
    using place = temporaryDirectory();
    using publishing = await Publishing.begin({ now: Date.now() });
    for (const name of RECIPIENTS) await publishing.recipient(name);
    const lines = Array.from({ length: LINES }, (_, i) => `http://host${i}.example/page\n`);
    const list = publishing.file('list.txt');
    writeFileSync(list, lines.join(''));
    writeFileSync(
      publishing.file('relay.yaml'),
      JSON.stringify({ source: list, format: 'text', publish: publishing.folders }),
    );
    const release = new ReleaseCopy(place.file('release'), form);
    const program = join(release.folder, 'node_modules', '.bin', 'node');
    const relay = spawn(program, [release.program, 'relay', '-c', publishing.file('relay.yaml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const exited = once(relay, 'exit');
    let said = '';
    relay.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    resources.defer(async () => {
      relay.kill('SIGKILL');
      await exited;
    });
    const events = (): readonly unknown[] =>
      said
        .split('\n')
        .filter((line) => line.includes('"event"'))
        .map((line) => JSON.parse(line) as unknown);
    const published = async (version: number): Promise<unknown> =>
      await eventually(`version ${version}`, () => events()[version - 1]);
    expect(await published(1)).toMatchObject({ event: 'relay.published', version: 1, entries: LINES });

    change(release);
    writeFileSync(list, [...lines.slice(1), 'http://another.example/page\n'].join(''));
    relay.kill('SIGHUP');
    expect(await published(2)).toMatchObject({ event: 'relay.published', version: 2, additions: 1, removals: 1 });
    for (const name of RECIPIENTS)
      expect([...publishing.repository(name).targets.keys()]).toContain('match/1/1/2.delta');
  });
});
