/**
 * What an operator decides about the versions of a list, at the control socket. It is handed to the list's source, which gives another
 * version with the next read, and is logged. It must not bring anything into force itself.
 */
import type { Log } from '../observe/log.ts';
import type { ListState } from './list-state.ts';
import type { ListSource } from './source/source.ts';

export type Decision =
  | { readonly kind: 'accept'; readonly version: string }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'release' };

export interface DecidedList {
  readonly name: string;
  readonly source: ListSource;
  readonly state: ListState;
}

/** @throws ListError that says what to do instead; then nothing has changed. */
export async function decide({ name: list, source, state }: DecidedList, decision: Decision, log: Log): Promise<void> {
  switch (decision.kind) {
    case 'accept': {
      const { version } = decision;
      const { held } = state;
      await source.accept(version);
      const why = held?.label === version ? { code: held.code, reason: held.reason } : {};
      log.event('warn', 'list.accepted', { list, version, ...why });
      return;
    }
    case 'rollback':
      log.event('warn', 'list.pinned', { list, version: await source.rollback() });
      return;
    case 'release': {
      const version = source.versions.pinned;
      await source.release();
      log.event('info', 'list.released', { list, version: version ?? '' });
    }
  }
}
