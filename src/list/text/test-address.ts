/**
 * The address that a list marks `test`, as a URL that can be requested: the entry's own host, its path as it is or the page at the
 * top of what it covers. It must be kept of marked entries only: a list is nobody's to read.
 */
import { isIpLiteral } from './ip-literal.ts';
import type { Entry } from '../../match/entry.ts';

/** Of more a list needs none: each is requested at each self-test. */
export const MAX_TEST_ADDRESSES = 4;

export interface MarkedAddress {
  readonly url: string;
  /** It is about origins at any port. */
  readonly isAnyPort: boolean;
  /** Resolvers are told no address of it: it is a whole host at any port, and permits that. */
  readonly permitsDns: boolean;
}

export function markedAddress(entry: Entry): MarkedAddress {
  const { host, dns, path, port } = entry;
  return {
    url: testAddress(entry),
    isAnyPort: port === 0,
    permitsDns: dns && !isIpLiteral(host) && path.kind === 'host' && port === 0,
  };
}

function testAddress({ host, port, path }: Entry): string {
  const authority = port === 0 ? host : `${host}:${port}`;
  switch (path.kind) {
    case 'host':
      return `http://${authority}/`;
    case 'directory':
    case 'page':
      return `http://${authority}${path.path}`;
    case 'url':
      return `http://${authority}${path.path}${path.query === null ? '' : `?${path.query}`}`;
  }
}
