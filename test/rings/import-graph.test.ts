/** What a text names, and which tests reach a changed file: on a made-up tree, and on this one. */
import { describe, expect, test } from '@jest/globals';
import { changedTests } from './changed-tests.ts';
import { graphOf, graphOfTree, importsIn, mentionsIn, testsReaching } from './import-graph.ts';

describe('a made-up tree', () => {
  const texts = new Map([
    ['src/a.ts', "import { b } from './b.ts';"],
    ['src/b.ts', "import type { C } from './c.ts';\nimport {\n  d,\n} from './deep/d.ts';"],
    ['src/c.ts', ''],
    ['src/deep/d.ts', "export { e } from '../e.ts';\nexport type { F } from '../f.ts';"],
    ['src/e.ts', "// import './f.ts'\n/** `import('./f.ts')` */\nconst late = await import('./late.ts');"],
    ['src/f.ts', "new Worker(new URL('./thread.ts', import.meta.url));"],
    ['src/late.ts', "import { a } from './a.ts';"],
    ['src/thread.ts', ''],
    ['src/cli.ts', "import './f.ts';"],
    ['config/default.yaml', ''],
    ['docs/page.md', ''],
    ['test/support/proxy.ts', "spawn(node, [join(import.meta.dirname, '..', '..', 'src', 'cli.ts'), 'serve']);"],
    ['test/support/copy.ts', "const cli = join(release, 'src', 'cli.ts');"],
    ['test/a.test.ts', "import { a } from '../src/a.ts';\nconst table = ['src/thread.ts'];"],
    ['test/c.test.ts', "import { c } from '../src/c.ts';\nreadFileSync('config/default.yaml');"],
    ['test/f.test.ts', "import { F } from '../src/f.ts';\ndocument('docs/page.md');"],
    ['test/e2e.process.test.ts', "import { proxy } from './support/proxy.ts';"],
    ['test/e2e.real.test.ts', "import { proxy } from './support/copy.ts';"],
    ['test/text.test.ts', "const text = `import '../src/${name}.ts'`;\nconst bare = 'cli.ts';"],
  ]);
  const graph = graphOf(texts);

  test.each([
    { changed: 'src/a.ts', tests: ['test/a.test.ts'] },
    { changed: 'src/e.ts', tests: ['test/a.test.ts'] },
    { changed: 'src/late.ts', tests: ['test/a.test.ts'] },
    { changed: 'src/c.ts', tests: ['test/c.test.ts'] },
    { changed: 'src/f.ts', tests: ['test/e2e.process.test.ts', 'test/e2e.real.test.ts', 'test/f.test.ts'] },
    { changed: 'src/thread.ts', tests: ['test/e2e.process.test.ts', 'test/e2e.real.test.ts', 'test/f.test.ts'] },
    { changed: 'src/cli.ts', tests: ['test/e2e.process.test.ts', 'test/e2e.real.test.ts'] },
    { changed: 'config/default.yaml', tests: ['test/c.test.ts'] },
    { changed: 'docs/page.md', tests: ['test/f.test.ts'] },
    { changed: 'test/text.test.ts', tests: ['test/text.test.ts'] },
    { changed: 'src/gone.ts', tests: [] },
  ])('a change of $changed', ({ changed, tests }) => {
    expect(testsReaching(graph, [changed])).toEqual(tests);
  });

  test('imports alone do not reach what runs in another process', () => {
    const imports = graphOf(texts, importsIn);
    expect(testsReaching(imports, ['src/cli.ts'])).toEqual([]);
    expect(testsReaching(imports, ['src/thread.ts'])).toEqual([]);
    expect(testsReaching(imports, ['src/late.ts'])).toEqual(['test/a.test.ts']);
  });

  test('whole processes are left out and counted, unless they are changed themselves', () => {
    expect(changedTests(graph, ['src/f.ts'], { isReal: false })).toEqual({
      files: ['test/f.test.ts'],
      leftOut: new Map([
        ['process', 1],
        ['real', 1],
      ]),
    });
    expect(changedTests(graph, ['src/f.ts', 'test/e2e.process.test.ts'], { isReal: true })).toEqual({
      files: ['test/e2e.process.test.ts', 'test/e2e.real.test.ts', 'test/f.test.ts'],
      leftOut: new Map(),
    });
  });

  test('a literal begins in the folder of the file or in the root', () => {
    expect(mentionsIn("read('./a.txt', `b/c.txt`)")).toEqual([
      { from: 'folder of the file', path: './a.txt' },
      { from: 'root', path: 'b/c.txt' },
    ]);
  });
});

describe('this tree', () => {
  const graph = graphOfTree();
  const tests = [...graph.keys()].filter((file) => /^test\/.*\.test\.ts$/.test(file));

  test('every test file is selected by a change of itself', () => {
    expect(tests.length).toBeGreaterThan(700);
    for (const file of tests) expect(changedTests(graph, [file], { isReal: false }).files).toContain(file);
  });

  test('a change of paths is tested by the tests of paths, not by those of slots', () => {
    const { files } = changedTests(graph, ['src/url/path.ts'], { isReal: false });
    expect(files).toContain('test/url/path.test.ts');
    expect(files).not.toContain('test/dns-front/slot-ring.test.ts');
    expect(files.length).toBeLessThan(tests.length / 2);
  });

  test('a change of the command line reaches what starts it, from a checkout or a copy', () => {
    const reached = testsReaching(graph, ['src/cli.ts']);
    const starting = ['test/e2e/lifecycle', 'test/commands/serve', 'test/e2e/release-folder'];
    for (const name of starting) expect(reached.some((file) => file.startsWith(`${name}.`))).toBe(true);
  });

  test('a change of a document reaches the test that reads it', () => {
    expect(testsReaching(graph, ['docs/guard.md'])).toContain('test/systemd/guarded-machine.long.test.ts');
    const reached = testsReaching(graph, ['test/README.md']);
    expect(reached.some((file) => file.startsWith('test/docs/whole-processes.'))).toBe(true);
  });
});
