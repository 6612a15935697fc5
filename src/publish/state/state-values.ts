/** The kinds of values that the publisher's own files hold, as shapes, beside those of all JSON (lib/json-shapes.ts). It must not read a file. */
import { field } from '../../lib/shape.ts';
import type { Shape } from '../../lib/shape.ts';

export const POSITIVE: Shape<number> = field((value) =>
  typeof value === 'number' && value > 0 && value < Infinity
    ? { ok: true, value }
    : { ok: false, reason: 'must be a number above 0' },
);

export const integer = (least = Number.MIN_SAFE_INTEGER): Shape<number> =>
  field((value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least
      ? { ok: true, value }
      : {
          ok: false,
          reason: `must be a whole number${least === Number.MIN_SAFE_INTEGER ? '' : `, at least ${least}`}`,
        },
  );

/** The number of a format: there is no other yet. */
export const FORMAT_ONE: Shape<1> = field((value) =>
  value === 1 ? { ok: true, value } : { ok: false, reason: 'must be 1' },
);

/** RFC 4648 §4, with padding. */
export const BASE64: Shape<string> = field((value) =>
  typeof value === 'string' && /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
    ? { ok: true, value }
    : { ok: false, reason: 'must be base64' },
);

/** Of what metadata says of a target. JSON reads `1e999` as a number that is none. */
export const TEXT_OR_NUMBER: Shape<string | number> = field<string | number>((value) =>
  typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
    ? { ok: true, value }
    : { ok: false, reason: 'must be a text or a number' },
);

/** A time as ISO 8601 has it: milliseconds since the epoch. */
export const TIME: Shape<number> = field((value) => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time)
    ? { ok: false, reason: 'must be a time like 2027-03-31T00:00:00Z' }
    : { ok: true, value: time };
});
