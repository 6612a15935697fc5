import '../support/whole.ts';
import './json-schema.test.ts';
