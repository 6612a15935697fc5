/** Load generator and origin share one core, the proxy has the other: what one takes, the other does not lose. */
export const LOAD_CORE = 0;
export const PROXY_CORE = 1;
export const BOTH_CORES: readonly number[] = [LOAD_CORE, PROXY_CORE];
