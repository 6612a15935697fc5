/** The part of a source that a list without versions does not use. */
import { NO_VERSIONS } from '../../src/list/source/source.ts';
import type { ListSource } from '../../src/list/source/source.ts';

export const WITHOUT_VERSIONS: Pick<
  ListSource,
  'withdraw' | 'refused' | 'accept' | 'rollback' | 'release' | 'versions'
> = {
  withdraw: () => Promise.resolve(false),
  refused: () => {},
  accept: () => Promise.resolve(),
  rollback: () => Promise.resolve(''),
  release: () => Promise.resolve(),
  versions: NO_VERSIONS,
};
