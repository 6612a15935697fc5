/**
 * A line of the log for people, where the log goes to a terminal:
 *
 *   14:03:07 warn   list rejected  list=own badLines=3 servingLastGood=true
 *
 * The time is local and without its day; the words are the name of the event. It must not decide what is logged, and what it writes must not
 * steer the terminal: values come from files and from the system.
 */
import type { LogLevel } from '../config/log-types.ts';
import type { Painter } from './colour.ts';
import { sentenceOf, wordsOf } from './log-sentences.ts';

/** Its sentence says all of its fields, which are figures. */
const WHOLE = 'limits.lowered';

type Fields = Readonly<Record<string, string | number | boolean>>;

/** One line without its end. `at`: local time is shown. */
export function textLine(at: Date, level: LogLevel, event: string, fields: Fields, paint: Painter): string {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  if (event === WHOLE) return [paint('dim', time), levelShown(level, paint), sentenceOf(event, fields)].join(' ');
  const shown = Object.entries(fields).map(([name, value]) => `${paint('dim', `${name}=`)}${valueShown(value)}`);
  const words = wordsOf(event);
  return [paint('dim', time), levelShown(level, paint), [paint('bold', words), ...shown].join(' ')].join(' ');
}

function levelShown(level: LogLevel, paint: Painter): string {
  const text = level.padEnd(5);
  switch (level) {
    case 'error':
      return paint('red', text);
    case 'warn':
      return paint('yellow', text);
    case 'debug':
      return paint('dim', text);
    case 'info':
      return text;
  }
}

/** Quoted where a reader could not tell where it ends. */
function valueShown(value: string | number | boolean): string {
  const text = String(value);
  return /^[^\s"=\p{C}]+$/u.test(text)
    ? text
    : JSON.stringify(text).replaceAll(/\p{C}/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
