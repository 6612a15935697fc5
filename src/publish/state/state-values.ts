/** The kinds of values that the publisher's own files hold, as shapes, and what is wrong with a file in words. It must not read a file. */
import { field } from '../../lib/shape.ts';
import type { Shape, ShapeFault } from '../../lib/shape.ts';

export const TEXT: Shape<string> = field((value) =>
  typeof value === 'string' ? { ok: true, value } : { ok: false, reason: 'must be a text' },
);

export const NUMBER: Shape<number> = field((value) =>
  typeof value === 'number' && Number.isFinite(value) ? { ok: true, value } : { ok: false, reason: 'must be a number' },
);

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

/** The first of them, with the key that it concerns; without the value, which may be secret. */
export function faultText(faults: readonly ShapeFault[]): string {
  const [first] = faults;
  if (first === undefined) return '';
  const key = first.path.join('.');
  return key === '' ? wordsOf(first) : `${key}: ${wordsOf(first)}`;
}

function wordsOf(fault: ShapeFault): string {
  switch (fault.kind) {
    case 'value':
      return fault.reason;
    case 'type':
      return `must be ${fault.expected}`;
    case 'too-short':
      return `must have at least ${fault.bound}`;
    case 'too-long':
      return `must have at most ${fault.bound}`;
    case 'unknown':
      return `has unknown keys: ${fault.keys.map((key) => JSON.stringify(key)).join(', ')}`;
  }
}
