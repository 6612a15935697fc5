/** After a change of form: only the second one is published. */
import { EMITTERS as BOTH } from './second-form.ts';

export const EMITTERS = BOTH.slice(1);
