/**
 * What the file of a zone blocks, as names of a list: what was announced, perhaps before this start, and stays where the lists say so that have no
 * names any more. It must not tell of which list a name is: the file does not say.
 */
import { NAMES_HEADER } from '../../list/names/names-payload.ts';
import { inZoneFile } from './zone-reading.ts';
import { eachRecord } from './zone-removals.ts';

/** @returns a payload of names, each with `dns`; null: there is no whole file of this zone. */
export async function namesWritten(zone: { readonly file: string; readonly name: string }): Promise<Uint8Array | null> {
  return await inZoneFile(zone, async (lines) => {
    let text = NAMES_HEADER;
    let id = 0;
    const isWhole = await eachRecord(lines, ({ name, isBelow, isPass }) => {
      // An exception of the name takes it out again, as it did when this was written.
      if (!isPass) text += `${(id += 1)} ${isBelow ? '*.' : ''}${name} dns\n`;
    });
    return isWhole ? new Uint8Array(Buffer.from(text, 'latin1')) : null;
  });
}
