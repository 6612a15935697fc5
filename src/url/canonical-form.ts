/**
 * The number of the canonical form (docs/canonical-form.md): what publishers and nodes compare before a digest of one means anything
 * to the other. Nobody may change a folding, a reading or a fold of an entry without raising it. It must not be raised for anything else.
 */

export const CANONICAL_FORM = 1;
