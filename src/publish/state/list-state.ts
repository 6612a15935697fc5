/** The list as the events make it: what is in force, what was withdrawn, which version. It is a fold over them and keeps nothing else. */
import type { Digests, LoggedEvent } from './events.ts';
import { LinesInForce } from './lines-in-force.ts';

export class ListState {
  /** 0: none was published yet. */
  version = 0;
  /** Line → uid of the entries of the version. Those that were withdrawn since are among them. */
  readonly inForce = new LinesInForce();
  /** Uid → line of every entry that was ever withdrawn. */
  readonly withdrawn = new Map<number, string>();
  /** Digest of the change set that made the version, hex; null: none did, as for other keys of a recipient. */
  changeSet: string | null = null;
  /** Of the version, by form and recipient. */
  digests: Digests = {};
  /** Names of all that were ever added. */
  readonly recipients = new Set<string>();
  /** Names of those that nothing more is published to. */
  readonly revoked = new Set<string>();

  apply(event: LoggedEvent): void {
    switch (event.kind) {
      case 'added':
        this.inForce.set(event.line, event.seq);
        return;
      case 'removed':
        this.inForce.delete(event.line);
        return;
      case 'withdrawn':
        this.withdrawn.set(event.uid, event.line);
        return;
      case 'version':
        this.version = event.version;
        this.changeSet = event.changeSet;
        this.digests = event.digests;
        return;
      case 'recipient':
        this.#applyToRecipient(event);
        return;
      case 'massWithdrawal':
      case 'rotated':
      case 'why':
      case 'proved':
      case 'published':
      case 'padding':
    }
  }

  #applyToRecipient(event: LoggedEvent & { kind: 'recipient' }): void {
    this.recipients.add(event.name);
    switch (event.change) {
      case 'added':
        this.digests = merged(this.digests, event.digests);
        return;
      case 'revoked':
        this.revoked.add(event.name);
        return;
      case 'rekeyed':
    }
  }
}

function merged(first: Digests, second: Digests): Digests {
  const forms = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...forms].map((form) => [form, { ...first[form], ...second[form] }]));
}
