/** Jest reporter: the closing line `N passed, N failed`, from the runner's own counts, behind all that jest prints. */

export default class CountReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // Jest's own summary comes after every reporter has had its turn.
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
