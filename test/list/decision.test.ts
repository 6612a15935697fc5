/** An operator's decision: what its source is told, and what the log says. */
import { expect, test } from '@jest/globals';
import { ListError } from '../../src/list/list-error.ts';
import { decide } from '../../src/list/decision.ts';
import type { Decision } from '../../src/list/decision.ts';
import { NEW_LIST } from '../../src/list/list-state.ts';
import type { ListState } from '../../src/list/list-state.ts';
import type { ListSource } from '../../src/list/source/source.ts';
import { memoryLog } from '../support/memory-log.ts';
import { WITHOUT_VERSIONS } from '../support/without-versions.ts';

const STATE: ListState = { ...NEW_LIST, held: { label: 'b', code: 'public_suffix', reason: 'told to' } };

function source(fault: ListError | null): ListSource & { readonly told: string[] } {
  const told: string[] = [];
  const tell = async <T>(what: string, answer: T): Promise<T> => {
    if (fault !== null) throw fault;
    told.push(what);
    return await Promise.resolve(answer);
  };
  return {
    ...WITHOUT_VERSIONS,
    told,
    hasCache: true,
    read: async () => await tell('read', { kind: 'unchanged' }),
    forget: () => {},
    accepted: async () => await tell('accepted', null),
    watch: () => {},
    close: () => {},
    accept: async (label) => await tell(`accept ${label}`, undefined),
    rollback: async () => await tell('rollback', 'a'),
    release: async () => await tell('release', undefined),
    versions: {
      pinned: 'a',
      previous: null,
      withdrawn: null,
      expiresAt: null,
      heardAt: null,
      silentMs: null,
      names: null,
    },
  };
}

test.each<{ decision: Decision; told: string; event: string; fields: object }>([
  {
    decision: { kind: 'accept', version: 'b' },
    told: 'accept b',
    event: 'list.accepted',
    fields: { list: 'far', version: 'b', code: 'public_suffix', reason: 'told to' },
  },
  { decision: { kind: 'rollback' }, told: 'rollback', event: 'list.pinned', fields: { list: 'far', version: 'a' } },
  { decision: { kind: 'release' }, told: 'release', event: 'list.released', fields: { list: 'far', version: 'a' } },
])('$decision.kind', async ({ decision, told, event, fields }) => {
  const log = memoryLog();
  const asked = source(null);
  await decide({ name: 'far', source: asked, state: STATE }, decision, log);
  expect(asked.told).toEqual([told]);
  expect(log.named(event)).toEqual([fields]);
});

test('what its source refuses is not logged as done', async () => {
  const log = memoryLog();
  const asked = source(new ListError('version_refused', 'not held'));
  const decision: Decision = { kind: 'accept', version: 'b' };
  await expect(decide({ name: 'far', source: asked, state: STATE }, decision, log)).rejects.toThrow('not held');
  expect(log.named('list.accepted')).toEqual([]);
});
