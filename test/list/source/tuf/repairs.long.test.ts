import '../../../support/whole.ts';
import './repairs.test.ts';
