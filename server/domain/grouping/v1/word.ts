// FROZEN (see ../v1.ts). A stretch of a message that stands for a kind of thing.
export interface Word {
  /** What it becomes in the normalised message. */
  as: string
  /** Where it ends, exclusive. */
  end: number
}
