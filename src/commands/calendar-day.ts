/** Days as `YYYY-MM-DD`, which is how they are written on a command line. Pure. It must not know which day it is. */

/** @returns false for other texts, and for days that no calendar has: 30 February would roll over to 2 March. */
export function isCalendarDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
