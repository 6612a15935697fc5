import '../support/whole.ts';
import './readings.test.ts';
