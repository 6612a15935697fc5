/** A server of lists that is asked without any secret, by the authorities that Node trusts. */
import type { HttpTerms } from '../../src/config/list-types.ts';

export const NO_TERMS: HttpTerms = { ca: null, proxy: null, bearer: null, basic: null, client: null };
