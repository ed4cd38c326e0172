// What can become of a received event.

/** Ids of outcomes are stored: never renumber. */
export const OUTCOMES = [
  'stored',
  'sampled',
  'discarded',
  'duplicate',
  'rate_limited',
  'too_large',
  'invalid',
  'unauthorized',
  'overloaded',
] as const
