/** What `serve` says on a terminal once it serves, in one line: where, by which lists, and where one looks. It must not ask anybody anything. */
import { endpoint } from '../lib/errors.ts';
import type { Control } from '../workers/control-thread.ts';
import { counted } from './terminal.ts';

/** Listeners, and lists, that are named; there may be 64. */
const MAX_NAMED = 4;

export function servingLine({ admin, view }: Pick<Control, 'admin' | 'view'>): string {
  const where = view.listeners().map(({ mode, address, port }) => `${mode} ${endpoint(address, port ?? 0)}`);
  const lists = view
    .lists()
    .map(({ name, action, entries }) => `${name} (${action}, ${counted(entries, 'entry', 'entries')})`);
  return [
    `serving: ${named(where)}`,
    lists.length === 0 ? 'no list, so that everything passes' : `lists: ${named(lists)}`,
    `status: http://${endpoint(admin.address, admin.port)}/`,
    'Ctrl-C ends it',
  ].join('; ');
}

function named(items: readonly string[]): string {
  const more = items.length - MAX_NAMED;
  return `${items.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
