import '../support/whole.ts';
import './41-nothing-left.test.ts';
