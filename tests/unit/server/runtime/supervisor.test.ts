import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import {
  currentProcessId,
  supervise,
  Shutdown,
  type ChildContext,
  type ChildSpec,
  type ProcessState,
  type SupervisorEvent,
  type SupervisorSpec,
} from '#server/runtime/supervisor.ts'

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })

/** A child that writes down when it starts and stops. */
function worker(id: string, log: string[], spec: Partial<ChildSpec> = {}): ChildSpec {
  return {
    id,
    restart: 'permanent',
    shutdownMs: 200,
    async start({ signal, ready }) {
      log.push(`+${id}`)
      ready()
      await untilAborted(signal)
      log.push(`-${id}`)
    },
    ...spec,
  }
}

const tree = (spec: Partial<SupervisorSpec> & Pick<SupervisorSpec, 'children'>): SupervisorSpec => ({
  id: 'root',
  strategy: 'one_for_one',
  maxRestarts: 3,
  withinMs: 1_000,
  backoff: { initialMs: 1, maxMs: 5 },
  ...spec,
})

const find = (state: ProcessState, id: string): ProcessState =>
  [state, ...state.children.flatMap((child) => [child, ...child.children])].find((s) => s.id === id)!

describe('a supervisor', () => {
  it('starts children in order, each after the one before is ready, and stops them in reverse', async () => {
    const log: string[] = []
    const slow: Partial<ChildSpec> = {
      async start({ signal, ready }) {
        await sleep(20)
        log.push('+slow')
        ready()
        await untilAborted(signal)
        await sleep(20)
        log.push('-slow')
      },
    }
    const handle = supervise(
      tree({ children: [worker('slow', log, slow), worker('b', log), worker('c', log)] }),
    )
    await handle.started
    expect(log).toEqual(['+slow', '+b', '+c'])
    expect(handle.state()).toMatchObject({
      status: 'running',
      children: [{ status: 'running', restarts: 0 }, {}, {}],
    })
    await handle.stop()
    expect(log).toEqual(['+slow', '+b', '+c', '-c', '-b', '-slow'])
    expect(await handle.done).toBe('stopped')
    expect(handle.state()).toMatchObject({ status: 'stopped', children: [{ status: 'stopped' }, {}, {}] })
  })

  it('one_for_one: brings back only the one that fell', async () => {
    const log: string[] = []
    const handle = supervise(tree({ children: [worker('a', log), worker('b', log), worker('c', log)] }))
    await handle.started
    expect(handle.crash('b', new Error('boom'))).toBe(true)
    await vi.waitFor(() => expect(log.slice(3)).toEqual(['-b', '+b']))
    expect(find(handle.state(), 'b')).toMatchObject({ restarts: 1, lastError: { message: 'boom' } })
    expect(find(handle.state(), 'a').restarts).toBe(0)
    await handle.stop()
  })

  it('rest_for_one: stops those after it in reverse, then starts all of them in order', async () => {
    const log: string[] = []
    const children = ['a', 'b', 'c', 'd'].map((id) => worker(id, log))
    const handle = supervise(tree({ strategy: 'rest_for_one', children }))
    await handle.started
    handle.crash('b', new Error('boom'))
    await vi.waitFor(() => expect(log.slice(4)).toEqual(['-b', '-d', '-c', '+b', '+c', '+d']))
    await handle.stop()
    expect(log.slice(10)).toEqual(['-d', '-c', '-b', '-a'])
  })

  it('one_for_all: restarts every child, leaving out the temporary ones', async () => {
    const log: string[] = []
    const children = [worker('a', log), worker('t', log, { restart: 'temporary' }), worker('b', log)]
    const handle = supervise(tree({ strategy: 'one_for_all', children }))
    await handle.started
    handle.crash('b', new Error('boom'))
    await vi.waitFor(() => expect(log.slice(3)).toEqual(['-b', '-t', '-a', '+a', '+b']))
    expect(find(handle.state(), 't').status).toBe('stopped')
    await handle.stop()
  })

  it('two siblings that fall together are each brought back once', async () => {
    const log: string[] = []
    const handle = supervise(
      tree({ strategy: 'one_for_all', maxRestarts: 1, children: [worker('a', log), worker('b', log)] }),
    )
    await handle.started
    handle.crash('a', new Error('boom'))
    handle.crash('b', new Error('boom'))
    await vi.waitFor(() => expect(log.filter((line) => line === '+b')).toHaveLength(2))
    await sleep(30)
    expect(log.filter((line) => line === '+a')).toHaveLength(2)
    await handle.stop()
  })

  it('permanent children come back after a normal end, transient ones only after a crash, temporary never', async () => {
    const runs = { permanent: 0, transient: 0, transientCrash: 0, temporary: 0 }
    const once = (id: keyof typeof runs, restart: ChildSpec['restart'], fails: boolean): ChildSpec => ({
      id,
      restart,
      shutdownMs: 100,
      async start({ ready, signal }) {
        runs[id]++
        ready()
        if (runs[id] > 1) return untilAborted(signal)
        await sleep(1)
        if (fails) throw new Error('once')
      },
    })
    const handle = supervise(
      tree({
        children: [
          once('permanent', 'permanent', false),
          once('transient', 'transient', false),
          once('transientCrash', 'transient', true),
          once('temporary', 'temporary', true),
        ],
      }),
    )
    await vi.waitFor(() =>
      expect(runs).toEqual({ permanent: 2, transient: 1, transientCrash: 2, temporary: 1 }),
    )
    await sleep(30)
    expect(handle.state().children.map((c) => c.status)).toEqual(['running', 'ended', 'running', 'failed'])
    await handle.stop()
  })

  it('gives up when restarts come too fast, stops the others and says so', async () => {
    const log: string[] = []
    const events: SupervisorEvent[] = []
    const onExhausted = vi.fn()
    let now = 0
    const fails = worker('fails', log, {
      async start({ ready }) {
        ready()
        now += 10
        throw new Error('always')
      },
    })
    const handle = supervise(
      tree({ maxRestarts: 3, withinMs: 1_000, children: [worker('calm', log), fails] }),
      {
        onEvent: (event) => events.push(event),
        onExhausted,
        now: () => now,
      },
    )
    expect(await handle.done).toBe('exhausted')
    expect(onExhausted).toHaveBeenCalledOnce()
    expect(log).toEqual(['+calm', '-calm'])
    expect(events.filter((e) => e.type === 'crashed')).toHaveLength(4)
    expect(handle.state()).toMatchObject({
      status: 'failed',
      lastError: { message: expect.stringMatching(/always/) },
    })
    await handle.stop() // harmless
  })

  it('goes on for ever when the crashes are further apart than its window', async () => {
    let now = 0
    let runs = 0
    const fails = worker('fails', [], {
      async start({ ready }) {
        ready()
        runs++
        now += 600
        throw new Error('always')
      },
    })
    const handle = supervise(
      tree({ maxRestarts: 2, withinMs: 1_000, backoff: { initialMs: 0, maxMs: 0 }, children: [fails] }),
      { now: () => now },
    )
    await vi.waitFor(() => expect(runs).toBeGreaterThan(20))
    await handle.stop()
    expect(await handle.done).toBe('stopped')
  })

  it('an exhausted supervisor falls like a child of the one above', async () => {
    const log: string[] = []
    const inner = tree({
      id: 'inner',
      strategy: 'rest_for_one',
      maxRestarts: 1,
      children: [worker('x', log), worker('y', log)],
    })
    const handle = supervise(tree({ children: [worker('a', log), inner] }))
    await handle.started
    handle.crash('y', new Error('first fall'))
    await vi.waitFor(() =>
      expect(find(handle.state(), 'y')).toMatchObject({ status: 'running', restarts: 1 }),
    )
    handle.crash('y', new Error('second fall'))
    await vi.waitFor(() =>
      expect(find(handle.state(), 'inner')).toMatchObject({ restarts: 1, status: 'running' }),
    )
    expect(log).toEqual(['+a', '+x', '+y', '-y', '+y', '-y', '-x', '+x', '+y'])
    expect(find(handle.state(), 'a').restarts).toBe(0)
    await handle.stop()
    expect(log.slice(9)).toEqual(['-y', '-x', '-a'])
  })

  it('a crash of the root has nobody above it', async () => {
    const log: string[] = []
    const handle = supervise(tree({ children: [worker('a', log)] }))
    await handle.started
    handle.crash('root', new Error('an error without an owner'))
    expect(await handle.done).toBe('exhausted')
    expect(log).toEqual(['+a', '-a'])
  })

  it('a crash during shutdown changes nothing about the shutdown', async () => {
    const log: string[] = []
    const stubborn = worker('stubborn', log, {
      async start({ signal, ready }) {
        log.push('+stubborn')
        ready()
        await untilAborted(signal)
        await sleep(20)
        throw new Error('while stopping')
      },
    })
    const handle = supervise(tree({ children: [worker('a', log), stubborn, worker('c', log)] }))
    await handle.started
    const stopping = handle.stop()
    handle.crash('a', new Error('boom'))
    await stopping
    expect(await handle.done).toBe('stopped')
    await sleep(20)
    expect(log.filter((line) => line.startsWith('+'))).toEqual(['+a', '+stubborn', '+c'])
  })

  it('leaves behind a child that does not stop in time, and says so', async () => {
    const events: SupervisorEvent[] = []
    const deaf = worker('deaf', [], {
      shutdownMs: 20,
      async start({ ready }) {
        ready()
        await new Promise(() => {})
      },
    })
    const handle = supervise(tree({ children: [deaf] }), { onEvent: (event) => events.push(event) })
    await handle.started
    await handle.stop()
    expect(events).toContainEqual({ type: 'abandoned', id: 'deaf' })
  })

  it('does not listen to a life it left behind', async () => {
    const lives: ChildContext[] = []
    const ends: (() => void)[] = []
    const deaf = worker('deaf', [], {
      shutdownMs: 5,
      async start(context) {
        lives.push(context)
        context.ready()
        await new Promise<void>((resolve) => ends.push(resolve))
      },
    })
    const handle = supervise(tree({ children: [deaf] }))
    await handle.started
    handle.crash('deaf', new Error('boom'))
    await vi.waitFor(() => expect(lives).toHaveLength(2))
    ends[0]!()
    lives[0]!.ready()
    await sleep(20)
    expect(lives).toHaveLength(2)
    expect(find(handle.state(), 'deaf')).toMatchObject({ status: 'running', restarts: 1 })
    await handle.stop()
  })

  it('takes a child that never gets ready for crashed', async () => {
    let tries = 0
    const log: string[] = []
    const late = worker('late', log, {
      readyMs: 10,
      async start({ signal, ready }) {
        tries++
        if (tries > 1) ready()
        await untilAborted(signal)
      },
    })
    const handle = supervise(tree({ children: [late, worker('after', log)] }))
    await handle.started
    expect(tries).toBe(2)
    expect(find(handle.state(), 'late').lastError?.message).toBe('late was not ready within 10 ms')
    await handle.stop()
  })

  it('says by the signal whether it is a shutdown or a crash', async () => {
    const reasons: unknown[] = []
    const child = worker('a', [], {
      async start({ signal, ready }) {
        ready()
        await untilAborted(signal)
        reasons.push(signal.reason)
      },
    })
    const handle = supervise(tree({ children: [child] }))
    await handle.started
    const boom = new Error('boom')
    handle.crash('a', boom)
    await vi.waitFor(() =>
      expect(find(handle.state(), 'a')).toMatchObject({ restarts: 1, status: 'running' }),
    )
    await handle.stop()
    expect(reasons).toEqual([boom, expect.any(Shutdown)])
  })

  it('names the owner of stray errors, and restarts outside of the request that caused the crash', async () => {
    const request = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const child = worker('a', [], {
      async start({ signal, ready }) {
        await sleep(1)
        seen.push([currentProcessId(), request.getStore()])
        ready()
        await untilAborted(signal)
      },
    })
    const handle = supervise(tree({ children: [child] }))
    await handle.started
    request.run('a request', () => handle.crash('a', new Error('boom')))
    await vi.waitFor(() =>
      expect(seen).toEqual([
        ['a', undefined],
        ['a', undefined],
      ]),
    )
    expect(currentProcessId()).toBeUndefined()
    await handle.stop()
  })

  it('refuses two processes of one name', () => {
    expect(() => supervise(tree({ children: [worker('a', []), worker('a', [])] }))).toThrow(/two processes/)
  })
})
