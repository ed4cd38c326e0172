// Fan-out of news inside one node: whoever listens to a project hears what the announcer read from the outbox.
// A listener that throws is dropped and costs the others nothing.
export interface News {
  /** Outbox id: receivers deduplicate by it. */
  id: number
  projectId: number
  kind: string
  issueId: number | null
  payload: unknown
}

export interface NewsHub {
  announce(news: News): void
  /** @returns a function that ends the subscription */
  listen(projectId: number, listener: (news: News) => void): () => void
  /** News announced since the start. */
  readonly announced: number
}

export function createNewsHub(onListenerError: (error: unknown) => void): NewsHub {
  const rooms = new Map<number, Set<(news: News) => void>>()
  let announced = 0
  return {
    announce(news) {
      announced++
      for (const listener of rooms.get(news.projectId) ?? []) {
        try {
          listener(news)
        } catch (error) {
          rooms.get(news.projectId)?.delete(listener)
          onListenerError(error)
        }
      }
    },
    listen(projectId, listener) {
      const room = rooms.get(projectId) ?? new Set()
      rooms.set(projectId, room.add(listener))
      return () => {
        room.delete(listener)
        if (room.size === 0) rooms.delete(projectId)
      }
    },
    get announced() {
      return announced
    },
  }
}
