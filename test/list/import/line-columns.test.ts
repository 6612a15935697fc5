import { expect, test } from '@jest/globals';
import { LineColumns } from '../../../src/list/import/line-columns.ts';
import { columnAt } from '../../../src/list/text/lines.ts';

test('columns of a line, onward, back and of another line of the same length', () => {
  const columns = new LineColumns();
  const [one, other] = ['\u00c3\u00a9 b c', 'a \u00c3\u00a9 c'];
  const asked = [
    [one, 0],
    [one, 3],
    [one, 5],
    [one, 5],
    [one, 3],
    [other, 4],
    [other, 5],
    [one, 5],
  ] as const;
  expect(asked.map(([text, offset]) => columns.at(text, offset))).toEqual(
    asked.map(([text, offset]) => columnAt(text, offset)),
  );
});
