/** A peer is a proxy that can be started beside the others: how it is found, configured and run. It measures nothing. */
import type { ListedUrl } from '../../data/url-list.ts';
import type { OtherNode } from '../other-node.ts';
import type { Workspace } from '../workspace.ts';

export interface Peer {
  /** Short name, for the results. */
  readonly name: string;
  /** Name for --peers, where one program takes part in several set-ups; `name` otherwise. */
  readonly family?: string;
  /** What a reader of the results should know about how it was set up. */
  readonly note: string;
  readonly holdsList: boolean;
  /** The proxy's core, unless told. */
  readonly cores?: readonly number[];
  /** Null: not on this machine, the peer is left out. */
  readonly version: () => string | null;
  /** The same under another Node, for `--node`; absent where the peer is not ours. */
  readonly under?: (node: OtherNode) => Peer;
  /** Writes its configuration; once per run. */
  readonly prepare: (site: Site) => Launch;
}

/** What a peer has to work with. */
export interface Site {
  /** Listen on 127.0.0.1 and this port. */
  readonly port: number;
  /** A second free port, for a peer that serves its health elsewhere. */
  readonly adminPort: number;
  readonly originPort: number;
  readonly list: readonly ListedUrl[];
  readonly workspace: Workspace;
}

export interface Launch {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user of the system (only where we are root). */
  readonly user?: string;
  /** Removes what it leaves outside of the workspace when it is killed; before each start and at the end. */
  readonly sweep?: () => void;
  /** Whether it serves, where that is later than listening. */
  readonly isReady?: () => Promise<boolean>;
}

/** The list, one `host/path` a line. */
export function plainLines(list: readonly ListedUrl[]): string {
  return list.map(({ host, path }) => `${host}${path}\n`).join('');
}

/** For configurations, whose grammar takes no spaces in the names of files. */
export function fileName(peer: string): string {
  return peer.replaceAll(/[^\w-]+/g, '-');
}

/** Of these, the ones that --peers names; null: all of them. */
export function ofFamilies(peers: readonly Peer[], families: readonly string[] | null): readonly Peer[] {
  return families === null ? peers : peers.filter(({ name, family = name }) => families.includes(family));
}
