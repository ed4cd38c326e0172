// What this process says of itself to whoever asks: the doors of its own address, or a sibling (siblings.ts). In: the
// node's state; out: the words of the API.
import os from 'node:os'
import { getHeapStatistics } from 'node:v8'
import type { ProcessState, SystemProcesses } from '#shared/schemas/system.ts'
import { serverProcess, type ServerProcess, type SystemStatus } from '#shared/schemas/system-status.ts'
import { readEventLoop } from './event-loop.ts'
import { measures } from './measures.ts'
import { findNodeState, type NodeState } from './node-state.ts'
import { askSiblings } from './siblings.ts'

export function ownProcesses(): SystemProcesses | null {
  const state = findNodeState()
  if (!state) return null
  return {
    node: { pid: process.pid, version: state.version, startedAt: state.startedAt.toISOString() },
    tree: state.tree(),
    intake: state.intake(),
    spool: state.spool(),
    counters: state.counters(),
  }
}

export async function ownStatus(): Promise<ServerProcess | null> {
  const state = findNodeState()
  if (!state) return null
  const processes = flat(state.tree())
  const fallen = processes.filter(({ lastError }) => lastError !== null)
  const last = fallen.sort((a, b) => b.since.localeCompare(a.since))[0]
  const { heapUsed, rss } = process.memoryUsage()
  return {
    version: state.version,
    startedAt: state.startedAt.toISOString(),
    ready: state.running() && (await state.health()).ready,
    memory: {
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
    },
    eventLoop: readEventLoop(),
    waiting: state.intake().waiting,
    stored: state.counters().stored,
    liveSockets: measures.liveSocketsOpen,
    restarts: processes.reduce((sum, { restarts }) => sum + restarts, 0),
    lastError: last ? { process: last.id, message: last.lastError! } : null,
  }
}

export async function readSystemStatus(state: NodeState): Promise<SystemStatus> {
  const siblings = await askSiblings('status')
  return {
    health: await state.health(),
    machine: {
      hostname: os.hostname(),
      cpus: os.availableParallelism(),
      loadAverage: os.loadavg()[0]!,
      memoryBytes: os.totalmem(),
      memoryFreeBytes: os.freemem(),
    },
    servers: siblings.map(({ value, ...known }) => ({
      ...known,
      // Of another version while an update goes on: what does not fit is as good as no answer.
      state: serverProcess.nullable().catch(null).parse(value),
    })),
  }
}

const flat = (state: ProcessState): ProcessState[] => [state, ...state.children.flatMap(flat)]
