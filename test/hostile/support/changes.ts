/** Conditions that come about as bytes arrive: looked at again after each change. */
import { HANG_BOUND_MS } from '../../support/hang-bound.ts';

export class Changes {
  readonly #looks = new Set<() => void>();

  /** Something has changed: whoever waits looks again. */
  tell(): void {
    for (const look of Array.from(this.#looks)) look();
  }

  /** Resolves once it holds. `seen`: what there is, for the fault where it never does. */
  async until(holds: () => boolean, seen: () => string): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
      };
      const look = (): void => {
        try {
          if (!holds()) return;
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        end();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`what was waited for never came, but ${seen()}`));
      }, HANG_BOUND_MS);
      this.#looks.add(look);
    });
  }
}
