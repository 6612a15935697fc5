/** Reads JSON that somebody else has written, or may have changed since. Every function is total: it must not throw. */

/** @returns null if the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @returns a copy; null if it is no object. */
export function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

/** @returns null if it is no text. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
