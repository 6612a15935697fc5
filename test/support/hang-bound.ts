/**
 * How long a test waits for what must happen. It only bounds a hang: far beyond what anything takes on a machine that does
 * ten other things, and below the bound of a test, so that what was waited for is named.
 */
export const HANG_BOUND_MS = 100_000;
