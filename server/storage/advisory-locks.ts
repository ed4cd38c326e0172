// The advisory locks of the database, in one place: the first number of each names what is locked, the second (a
// project's id, or 0) which one. Two uses of one number would stall each other for no reason anybody sees.
// All are held to the end of a transaction, never longer: a frozen session would keep them for ever (design §4).

/** One at a time folds or regroups a project; see deltas/fold-events.ts. */
export const FOLDING = 4201
/** One at a time folds the outcomes of a project. */
export const FOLDING_OUTCOMES = 4202
/** One at a time makes partitions. */
export const MAKING_PARTITIONS = 4203
/** Writers hold it together, whoever regroups a project holds it alone; see groups/lock-regrouping.ts. */
export const REGROUPING_GATE = 4204
/** One at a time erases. */
export const ERASING = 4210
/** One at a time removes what a shortened retention left over. */
export const SWEEPING = 4211
/** One at a time folds old rollups. */
export const FOLDING_ROLLUPS = 4212
/** One at a time takes partitions away; held by a transaction that waits beside the detaching, which is none. */
export const REMOVING_PARTITIONS = 4213
