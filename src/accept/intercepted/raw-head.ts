/**
 * Reads the head of an intercepted request from what its client has sent, as ClientInput does for explicit ones: nearly always it
 * comes in one piece, and the thread's parser reads it; one that is split keeps a parser of its own.
 * It must not change a byte: the head travels on as it came.
 */
import { NEED_MORE } from '../../wire/field-section.ts';
import { ObservedRequest } from '../../wire/observed-request.ts';
import type { RequestHeadLimits } from '../../wire/request-head.ts';
import type { ClientInput } from '../http/client-input.ts';

export class RawHead {
  #split: ObservedRequest | null = null;

  /**
   * Reads a head into `shared` and takes it: the offset behind it, NEED_MORE, or a negated status (ObservedRequest.parse). It begins at
   * `input.headStart`, blank lines before it included.
   */
  read(input: ClientInput, shared: ObservedRequest, limits: RequestHeadLimits): number {
    const after =
      this.#split === null ? this.#readWhole(input, shared, limits) : this.#readOn(input, shared, this.#split);
    if (after > 0) input.pos = after;
    return after;
  }

  #readWhole(input: ClientInput, shared: ObservedRequest, limits: RequestHeadLimits): number {
    input.headStart = input.pos;
    shared.begin(input.pos);
    const after = shared.parse(input.bytes, input.bytes.length);
    if (after !== NEED_MORE) return after;
    input.rebase();
    this.#split = new ObservedRequest(limits);
    this.#split.begin(0);
    return this.#split.parse(input.bytes, input.bytes.length);
  }

  #readOn(input: ClientInput, shared: ObservedRequest, split: ObservedRequest): number {
    const after = split.parse(input.bytes, input.bytes.length);
    if (after === NEED_MORE) return NEED_MORE;
    this.#split = null;
    if (after < 0) return after;
    // From here on all heads are alike: in the thread's parser. A reload may have made the limits narrower meanwhile.
    shared.begin(0);
    return shared.parse(input.bytes, after) === after ? after : -431;
  }
}
