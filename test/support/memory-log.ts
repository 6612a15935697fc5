/** A log that a test can read. */
import type { Log, LogFields } from '../../src/observe/log.ts';

export interface MemoryLog extends Log {
  readonly events: readonly { readonly level: string; readonly event: string; readonly fields: LogFields }[];
  named(event: string): readonly LogFields[];
}

export function memoryLog(): MemoryLog {
  const events: { level: string; event: string; fields: LogFields }[] = [];
  return {
    events,
    event: (level, event, fields = {}) => void events.push({ level, event, fields }),
    flush: () => {},
    named: (event) => events.filter((entry) => entry.event === event).map(({ fields }) => fields),
  };
}
