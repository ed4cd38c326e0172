// How long this node has had events stored and not yet counted. In: the moments when a batch was written and when a round
// of the folder begins and ends; out: seconds, for a person to look at.
export interface FoldLag {
  /** A batch was written. */
  touched(): void
  /** The folder took what was written so far. */
  began(): void
  /** And has folded it. A round that fails does not end: the next one folds its projects too. */
  ended(): void
  /** 0 when all is folded. */
  seconds(): number
}

/** @param now monotonic, ms */
export function createFoldLag(now: () => number = () => performance.now()): FoldLag {
  let waitingSince: number | null = null
  let foldingSince: number | null = null
  return {
    touched() {
      waitingSince ??= now()
    },
    began() {
      foldingSince ??= waitingSince
      waitingSince = null
    },
    ended() {
      foldingSince = null
    },
    seconds() {
      const since = foldingSince ?? waitingSince
      return since === null ? 0 : (now() - since) / 1_000
    },
  }
}
