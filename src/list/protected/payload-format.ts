/**
 * Formats of payloads. A list is written in the oldest that says all of it, so that nodes of the last release go on where nothing needs more.
 * It must not know what a format says of a record: record.ts and image-rows.ts do.
 */

/** Of lists in which no entry has `FOLD.info`. Bump all with any change of the header, of a record or of what the digest covers. */
export const PAYLOAD_FORMAT = 1;
/** Of the others: extents of 64 and more, and vectors of that fold. */
export const INFO_FORMAT = 2;

/** Why a payload of that format is not read; null: it is. */
export function formatFault(format: number): string | null {
  if (format >= PAYLOAD_FORMAT && format <= INFO_FORMAT) return null;
  return `it has format ${format}, this program reads formats ${PAYLOAD_FORMAT} to ${INFO_FORMAT}`;
}

/** Whether a format says `FOLD.info` of entries. */
export function saysInfo(format: number): boolean {
  return format >= INFO_FORMAT;
}
