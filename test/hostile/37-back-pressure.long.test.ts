import '../support/whole.ts';
import './37-back-pressure.test.ts';
