// Restart intensity: at most `maxRestarts` within `withinMs`. One more means that restarting does not help here and
// the one above has to decide. Time is handed in; the launcher uses the same rule for whole nodes.

export interface RestartBudget {
  /** Records one restart; false when it is one too many. */
  spend(): boolean
  /** Restarts still inside the window, which is also how often the backoff has been climbed. */
  recent(): number
}

export function restartBudget(maxRestarts: number, withinMs: number, now: () => number): RestartBudget {
  let restartedAt: number[] = []
  const forgetOld = () => {
    const oldest = now() - withinMs
    restartedAt = restartedAt.filter((at) => at > oldest)
  }
  return {
    spend() {
      forgetOld()
      restartedAt.push(now())
      return restartedAt.length <= maxRestarts
    },
    recent() {
      forgetOld()
      return restartedAt.length
    },
  }
}
