/** From the least to the most urgent. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** How urgent an event is. */
export type LogLevel = (typeof LOG_LEVELS)[number];
