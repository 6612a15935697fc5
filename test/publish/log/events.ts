/** Events as the publisher writes them, in memory, for tests of the log over them. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { withLeaves } from '../../../src/publish/log/event-leaves.ts';
import type { Folders } from '../../../src/publish/folders.ts';
import type { LoggedEvent, PublisherEvent } from '../../../src/publish/state/events.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';

export class Events {
  readonly all: LoggedEvent[] = [];

  /** With what stands in the log for its readers' sake. */
  add(...events: readonly PublisherEvent[]): void {
    for (const event of withLeaves(events, this.all.length))
      this.all.push({
        seq: this.all.length + 1,
        time: '2026-11-26T20:00:00Z',
        ...event,
        salt: randomBytes(32).toString('base64'),
      });
  }

  addVersion(version: number, recipients: readonly string[], lines: readonly string[] = []): void {
    const digests = Object.fromEntries(recipients.map((name) => [name, randomBytes(32).toString('hex')]));
    this.add(...lines.map((line) => ({ kind: 'added', line }) as const), {
      kind: 'version',
      version,
      digests: { '1/1': digests },
      changeSet: null,
      approvedBy: [],
    });
  }
}

export function publisherFolders(): TemporaryDirectory & Folders {
  const folder = temporaryDirectory();
  const folders = {
    path: folder.path,
    file: (name: string) => folder.file(name),
    repo: folder.file('repo'),
    keys: folder.file('keys'),
  };
  mkdirSync(folder.file('keys/state/cosignatures'), { recursive: true });
  mkdirSync(folders.repo);
  return { ...folders, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}
