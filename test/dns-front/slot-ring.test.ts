/** The order of slots, against an array. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_SLOT, SlotRing } from '../../src/dns-front/slot-ring.ts';

const CAPACITY = 6;

function slotsOf(ring: SlotRing): readonly number[] {
  const slots: number[] = [];
  for (let slot = ring.oldest; slot !== NO_SLOT && slots.length <= CAPACITY; slot = ring.after(slot)) slots.push(slot);
  return slots;
}

test('it has what was added and not removed, the oldest first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(CAPACITY - 1), { maxLength: 60, size: 'max' }), (steps) => {
      const ring = new SlotRing(CAPACITY);
      let model: number[] = [];
      for (const slot of steps) {
        if (model.includes(slot)) {
          ring.remove(slot);
          model = model.filter((other) => other !== slot);
        } else {
          ring.add(slot);
          model.push(slot);
        }
        expect(slotsOf(ring)).toEqual(model);
      }
    }),
  );
});
