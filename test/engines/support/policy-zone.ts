/** A policy zone in the form of the zone writer, written by hand: what an engine makes of it is tested apart from who writes it. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const ZONE = 'block.rpz.example';

const HEAD = `$ORIGIN ${ZONE}.\n$TTL 60\n@ SOA localhost. hostmaster.localhost. 1 60 30 604800 60\n@ NS localhost.\n`;

/** Lines below the head. */
export function zoneText(lines: readonly string[]): string {
  return `${HEAD}${lines.join('\n')}\n`;
}

/** A domain that is blocked with all below it. */
export function blocked(name: string, action = 'CNAME .'): readonly string[] {
  return [`${name} ${action}`, `*.${name} ${action}`];
}

/** The folder that a writer writes to and engines read. */
export class ZoneFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Written beside, then renamed. */
  put(text: string): void {
    writeFileSync(join(this.path, `.${ZONE}.new`), text);
    renameSync(join(this.path, `.${ZONE}.new`), join(this.path, `${ZONE}.zone`));
  }
}
