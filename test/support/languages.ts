/** The languages that are shipped, for tests that need words and not their source. */
import { shippedLanguages } from '../../src/config/languages.ts';

export const SHIPPED = shippedLanguages({}).languages;
