/** Settings of the log. Types only: it must not hold any logic. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** `auto`: text where standard error is a terminal, JSON elsewhere. */
export type LogFormat = 'auto' | 'json' | 'text';

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}
