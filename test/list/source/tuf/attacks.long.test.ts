import '../../../support/whole.ts';
import './attacks.test.ts';
