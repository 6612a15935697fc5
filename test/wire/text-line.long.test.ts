import '../support/whole.ts';
import './text-line.test.ts';
