/**
 * Versions that the gate has refused since the list in force came: it is asked of each once, however many there are, and of them the newest is the one
 * that is held. It must not choose a version (versions.ts does).
 */
import type { ListVersion } from '../../staged-list.ts';
import * as notes from '../version-notes.ts';
import type { VersionNotes } from '../version-notes.ts';
import { idIn, signedDigest } from './versions.ts';
import type { Choice, Offers } from './versions.ts';

export class RefusedVersions {
  /** As `nameOf` has them. */
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** @param offers of the repository: what it offers no longer is forgotten. */
  add(name: string, offers: Offers | null): void {
    for (const other of this.#names) if (!isOffered(other, offers)) this.#names.delete(other);
    this.#names.add(name);
  }

  /** None counts as refused from now on. @returns whether one did. */
  forget(): boolean {
    const { size } = this.#names;
    this.#names.clear();
    return size > 0;
  }
}

/** How a version goes to the gate. @param held by name, what the gate holds; null: nothing. */
export function labelled({ version, gate }: Choice, held: string | null, offers: Offers | null): ListVersion {
  const isBehindHeld = gate === 'ask' && held !== null && version < idIn(held).version && isOffered(held, offers);
  return { label: `${version}`, gate, ...(isBehindHeld ? { isBehindHeld } : {}) };
}

/** What is noted when a version has come into force. What an operator has accepted meanwhile is still to come. */
export function notedEntry(noted: VersionNotes, version: number, offers: Offers | null): VersionNotes {
  const { accepted } = noted;
  const isToCome = accepted !== null && version < idIn(accepted).version && isOffered(accepted, offers);
  return { ...notes.entered(noted), accepted: isToCome ? accepted : null };
}

/** What is noted when the gate has refused one, which does not use up what an operator has accepted meanwhile. */
export function notedRefusal(noted: VersionNotes, name: string, offers: Offers | null): VersionNotes {
  const { accepted } = noted;
  return { ...notes.held(noted, name), accepted: accepted !== null && isOffered(accepted, offers) ? accepted : null };
}

function isOffered(name: string, offers: Offers | null): boolean {
  const { version, digest } = idIn(name);
  return offers !== null && signedDigest(version, offers) === digest;
}
