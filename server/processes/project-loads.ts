// How much of each project is being worked on here, and who helps. A project of which too much waits gets a helper on
// another node, then more, one each time somebody looks; calm ones lose theirs again. Which node a helper runs on is
// decided by the hash of its name (`<project>#<k>`): such names are chosen that live on other nodes, not idle ones.
import type { MeshNode } from '#server/mesh/node.ts'
import type { Processor } from '#server/mesh/types.ts'
import type { MeshLoad } from '#shared/schemas/system.ts'

export interface LoadLimits {
  /** Events of a project that wait here. */
  helpAbove: number
  helpBelow: number
  /** For so long it has to be calm. */
  calmMs: number
}
const LIMITS: LoadLimits = { helpAbove: 1_000, helpBelow: 100, calmMs: 10_000 }
/** What a project did is shown for so long after its last event. */
const SHOWN_MS = 60_000
const MAX_SHOWN = 50

export interface ProjectLoads {
  /** Counts the event while it waits for its verdict. */
  during<T>(projectId: number, verdict: Promise<T>): Promise<T>
  /** The helper that is to do it, when enough waits here. */
  helperFor(projectId: number): string | undefined
  /** This node was a helper for so many events. */
  helped(id: string, events: number): void
  /** Calls helpers, and lets go of them. */
  look(): void
  state(): MeshLoad
}

interface Load {
  waiting: number
  events: number
  seenAt: number
  helpers: Processor[]
  next: number
  calmSince: number
}
interface Helped {
  events: number
  seenAt: number
}

/** @param now monotonic, ms */
export function createProjectLoads({
  mesh,
  limits = LIMITS,
  now = () => performance.now(),
}: {
  mesh: Pick<MeshNode, 'spawn'>
  limits?: LoadLimits
  now?: () => number
}): ProjectLoads {
  const loads = new Map<number, Load>()
  const helped = new Map<string, Helped>()
  const rates = createRates(now)

  function loadOf(projectId: number): Load {
    let load = loads.get(projectId)
    if (!load) {
      load = { waiting: 0, events: 0, seenAt: now(), helpers: [], next: 0, calmSince: now() }
      loads.set(projectId, load)
    }
    return load
  }

  function adjust(projectId: number, load: Load): void {
    const { helpAbove, helpBelow, calmMs } = limits
    let wanted = load.helpers.length
    if (load.waiting >= helpBelow) load.calmSince = now()
    if (load.waiting > helpAbove) wanted++
    else if (wanted > 0 && now() - load.calmSince > calmMs) {
      wanted--
      load.calmSince = now()
    }
    // Asked again each time: the node of one may be gone.
    load.helpers = wanted > 0 ? mesh.spawn(String(projectId), wanted) : []
  }

  return {
    async during(projectId, verdict) {
      const load = loadOf(projectId)
      load.waiting++
      load.events++
      load.seenAt = now()
      try {
        return await verdict
      } finally {
        load.waiting--
      }
    },
    helperFor(projectId) {
      const load = loads.get(projectId)
      if (!load || load.helpers.length === 0 || load.waiting < limits.helpAbove / 2) return undefined
      return load.helpers[load.next++ % load.helpers.length]!.id
    },
    helped(id, events) {
      const before = helped.get(id)?.events ?? 0
      helped.set(id, { events: before + events, seenAt: now() })
    },
    look() {
      for (const [projectId, load] of loads) {
        adjust(projectId, load)
        if (load.waiting === 0 && now() - load.seenAt > SHOWN_MS) loads.delete(projectId)
      }
      for (const [id, { seenAt }] of helped) if (now() - seenAt > SHOWN_MS) helped.delete(id)
    },
    state() {
      const perSecond = rates.since([
        ...[...loads].map(([id, { events }]) => [`project ${id}`, events] as const),
        ...[...helped].map(([id, { events }]) => [`helped ${id}`, events] as const),
      ])
      const projects = [...loads].map(([id, { waiting }]) => ({
        ...{ id: String(id), waiting },
        perSecond: perSecond.get(`project ${id}`) ?? 0,
      }))
      return {
        projects: projects.sort((a, b) => b.perSecond - a.perSecond).slice(0, MAX_SHOWN),
        helpers: [...loads].flatMap(([projectId, { helpers }]) =>
          helpers.map((helper) => ({ ...helper, projectId: String(projectId) })),
        ),
        processors: [...helped].map(([id, { events }]) => ({
          ...{ id, events },
          perSecond: perSecond.get(`helped ${id}`) ?? 0,
        })),
      }
    },
  }
}

/** Counts that only grow, as events a second since they were asked for the last time. */
export function createRates(now: () => number) {
  let before = new Map<string, number>()
  let askedAt = now()
  return {
    since(counts: readonly (readonly [name: string, count: number])[]): Map<string, number> {
      const seconds = Math.max(0.001, (now() - askedAt) / 1_000)
      const rates = new Map(
        counts.map(([name, count]) => [
          name,
          Math.round(((count - (before.get(name) ?? 0)) / seconds) * 10) / 10,
        ]),
      )
      before = new Map(counts)
      askedAt = now()
      return rates
    },
  }
}
