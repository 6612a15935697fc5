import { describe, expect, test } from '@jest/globals';
import { ProgressBar } from '../../src/commands/progress-bar.ts';

function bar(isTTY: boolean): {
  readonly written: string[];
  readonly at: (now: number, done: number) => void;
  readonly end: () => void;
} {
  const written: string[] = [];
  let now = 0;
  const shown = new ProgressBar(
    'compiling',
    200,
    { isTTY, write: (text: string) => written.push(text) },
    { now: () => now },
  );
  return {
    written,
    at: (time, done) => {
      now = time;
      shown.update(done);
    },
    end: () => shown.end(),
  };
}

describe('progress bar', () => {
  test('comes only when it takes long, moves now and then, and is gone at the end', () => {
    const { written, at, end } = bar(true);
    at(100, 20);
    at(299, 50);
    expect(written).toEqual([]);
    at(300, 100);
    at(350, 110);
    at(401, 200);
    expect(written).toEqual([
      `\rcompiling [${'#'.repeat(15)}${'.'.repeat(15)}]  50 %`,
      `\rcompiling [${'#'.repeat(30)}] 100 %`,
    ]);
    end();
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  test('a quick command and a pipe see nothing', () => {
    const quick = bar(true);
    quick.at(10, 200);
    quick.end();
    const pipe = bar(false);
    pipe.at(5000, 100);
    pipe.end();
    expect([...quick.written, ...pipe.written]).toEqual([]);
  });
});
