/** Questions to whoever sits at the terminal, one after the other. It must not be used where there is no terminal. */
import { createInterface } from 'node:readline/promises';

/** @returns the answer without blanks around it; null: the terminal is closed, or Ctrl-C was typed. */
export type Ask = (question: string) => Promise<string | null>;

export async function withQuestions<T>(use: (ask: Ask) => Promise<T>): Promise<T> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<null>((end) => {
    lines.once('close', () => end(null));
  });
  try {
    return await use(
      async (question) => await Promise.race([lines.question(question).then((typed) => typed.trim()), closed]),
    );
  } finally {
    lines.close();
  }
}
