/** The mirrors of a repository, asked in turn, beginning with the one that answered well last. It must not know what they are asked for. */
import { ListError, listError, type ListReason } from '../../list-error.ts';
import type { Repository } from './repository.ts';

/** Told of each that failed. */
export type MirrorFault = (mirror: string, fault: ListError) => void;

/** The gravest first: an operator must know of an attack, though another mirror could not be reached. */
const GRAVEST = ['log_fork', 'signature', 'rollback', 'expired', 'inconsistent', 'log_head', 'log_witness'] as const;
/** A fault of this node: another mirror would give the same, which cannot be kept here either. Not `secret`: a folder is shown none. */
const OWN: ListReason = 'state';

export class MirrorTurns {
  readonly #mirrors: readonly Repository[];
  #preferred = 0;

  constructor(mirrors: readonly Repository[]) {
    this.#mirrors = mirrors;
  }

  /** Those that are not preferred. */
  others(): readonly Repository[] {
    return this.#mirrors.filter((_, at) => at !== this.#preferred);
  }

  /** It is asked first from now on. */
  prefer(mirror: Repository): void {
    this.#preferred = Math.max(0, this.#mirrors.indexOf(mirror));
  }

  /** @throws ListError; the gravest, where none gives what is asked for. */
  async ask(work: (mirror: Repository) => Promise<void>, onFault: MirrorFault): Promise<void> {
    const faults: ListError[] = [];
    const { length } = this.#mirrors;
    const first = this.#preferred;
    for (let i = 0; i < length; i++) {
      const at = (first + i) % length;
      const mirror = this.#mirrors[at];
      if (mirror === undefined) continue;
      try {
        await work(mirror);
        this.#preferred = at;
        return;
      } catch (error) {
        if (!(error instanceof ListError) || error.code === OWN) throw error;
        faults.push(error);
        onFault(mirror.name, error);
      }
    }
    throw gravest(faults);
  }
}

function gravest(faults: readonly ListError[]): ListError {
  const grave = GRAVEST.map((code) => faults.find((fault) => fault.code === code)).find((fault) => fault !== undefined);
  // One that is only behind while the others cannot be asked: these may have more, and no attack is known of.
  const unheard = faults.find(({ code }) => !GRAVEST.some((known) => known === code));
  if (grave?.code === 'rollback' && unheard !== undefined) return unheard;
  return grave ?? unheard ?? listError('internal', 'a list without mirrors');
}
