/**
 * `npm run ratchets`: writes down the counts of `src` that have fallen, and says which are above their number (then it ends with 1).
 * `-- --list MEASURE` prints the places that are counted; `-- --raise MEASURE REASON` raises one of those that a capability may raise.
 */
import { MEASURES } from './measures.ts';
import type { Measure, MeasureName } from './measures.ts';
import { countAll, faultOf, lowered, readRatchets, writeRatchets } from './ratchets.ts';
import { sourceFiles } from './source-text.ts';

const [flag, given = '', reason = ''] = process.argv.slice(2);
const files = sourceFiles();

function measureNamed(text: string): MeasureName {
  const name = Object.keys(MEASURES).find((each) => each === text);
  if (name === undefined) throw new Error(`no measure '${text}': there are ${Object.keys(MEASURES).join(', ')}`);
  return name as MeasureName;
}

function list(name: MeasureName): void {
  process.stdout.write(`${MEASURES[name].places(files).join('\n')}\n`);
}

function raise(name: MeasureName): void {
  const measure: Measure = MEASURES[name];
  if (!measure.mayRise) throw new Error(`${name} may only fall: ${measure.remedy}`);
  if (reason === '') throw new Error('a reason is missing: which capability needs it');
  writeRatchets({ ...readRatchets(), [name]: { most: measure.places(files).length, reason } });
}

function lower(): void {
  const counts = countAll(files);
  writeRatchets(lowered(readRatchets(), counts));
  const written = readRatchets();
  for (const [name, count] of Object.entries(counts) as [MeasureName, number][]) {
    const fault = faultOf(name, count, written[name]);
    process.stdout.write(`${name} ${count}\n`);
    if (fault === null) continue;
    process.stderr.write(`${fault}\n`);
    process.exitCode = 1;
  }
}

switch (flag) {
  case undefined:
    lower();
    break;
  case '--list':
    list(measureNamed(given));
    break;
  case '--raise':
    raise(measureNamed(given));
    break;
  default:
    throw new Error(`unknown option ${flag}: --list MEASURE, --raise MEASURE REASON`);
}
