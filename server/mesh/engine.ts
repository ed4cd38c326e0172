// The engine of the mesh: Effect's cluster, with our own answers where its defaults do not fit (decision 0020). It
// gives each thing one owner at a time, calls it wherever it is, and carries the streams of rooms. Loaded and started
// only when there is another node; nothing outside this file knows Effect.
//
// - Connections are TLS with a pre-shared key, without the delay of small packets (90 ms per message otherwise).
// - Who there is and who holds what stands in our own tables: no session has to be held, and everybody can read it.
// - Nothing is kept for later: what was not answered, its sender deals with.
// - A defect is told to whoever called; by default the message would be delivered again for ever.
import tls from 'node:tls'
import * as Effect from 'effect/Effect'
import * as Exit from 'effect/Exit'
import * as Fiber from 'effect/Fiber'
import * as Layer from 'effect/Layer'
import * as Logger from 'effect/Logger'
import * as Option from 'effect/Option'
import * as PubSub from 'effect/PubSub'
import * as References from 'effect/References'
import * as Schema from 'effect/Schema'
import * as Scope from 'effect/Scope'
import * as Stream from 'effect/Stream'
import { PersistenceError } from 'effect/cluster/ClusterError'
import * as Entity from 'effect/cluster/Entity'
import * as MachineId from 'effect/cluster/MachineId'
import * as MessageStorage from 'effect/cluster/MessageStorage'
import * as Runner from 'effect/cluster/Runner'
import * as RunnerAddress from 'effect/cluster/RunnerAddress'
import * as RunnerHealth from 'effect/cluster/RunnerHealth'
import * as RunnerStorage from 'effect/cluster/RunnerStorage'
import * as Runners from 'effect/cluster/Runners'
import * as ShardId from 'effect/cluster/ShardId'
import * as Sharding from 'effect/cluster/Sharding'
import * as ShardingConfig from 'effect/cluster/ShardingConfig'
import * as SocketRunner from 'effect/cluster/SocketRunner'
import * as Rpc from 'effect/rpc/Rpc'
import * as RpcClient from 'effect/rpc/RpcClient'
import * as RpcSerialization from 'effect/rpc/RpcSerialization'
import { Socket, SocketError, SocketOpenError } from 'effect/socket/Socket'
import { SocketServer } from 'effect/socket/SocketServer'
import * as EntityId from 'effect/cluster/EntityId'
import * as NodeSocket from '@effect/platform-node-shared/NodeSocket'
import * as NodeSocketServer from '@effect/platform-node-shared/NodeSocketServer'
import { clientTls, serverTls } from './secret.ts'
import { SHARES, type MeshLog } from './types.ts'

const MIB = 1024 * 1024
/** Of one room, per subscribed node: the oldest go. */
const ROOM_MESSAGES = 64
const GROUP = 'default'

const Bytes = { bytes: Schema.Uint8Array }
const ProjectEntity = Entity.make('Project', [
  Rpc.make('Process', { payload: Bytes, success: Schema.Uint8Array }),
])
const ProcessorEntity = Entity.make('Processor', [
  Rpc.make('Process', { payload: Bytes, success: Schema.Uint8Array }),
])
const RoomEntity = Entity.make('Room', [
  Rpc.make('Publish', { payload: Bytes }),
  Rpc.make('Subscribe', { payload: { nodeId: Schema.String }, success: Schema.Uint8Array, stream: true }),
])

export interface EngineOptions {
  nodeId: string
  /** Unlike that of every other node. */
  number: number
  key: Buffer
  listen: { host: string; port: number }
  advertisedHost: string
  /** Others that may be given something to own. */
  peers(): { id: string; host: string; port: number }[]
  shards: {
    acquire(shardIds: readonly string[]): Promise<string[]>
    held(shardIds: readonly string[]): Promise<string[]>
    release(shardId: string): Promise<void>
    releaseAll(): Promise<void>
  }
  process(kind: 'Project' | 'Processor', id: string, bytes: Uint8Array): Promise<Uint8Array>
  /** A connection to another node was opened, or ended. */
  onConnection(address: string, open: boolean): void
  log: MeshLog
}

export interface Engine {
  /** That it listens on. */
  port: number
  shardOf(id: string): string
  /** Rejects when the node does not answer. */
  ping(address: { host: string; port: number }, signal: AbortSignal): Promise<void>
  call(kind: 'Project' | 'Processor', id: string, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  publish(room: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** One life of a subscription: ends when the room's owner changes or is lost. */
  listen(room: string, listener: (bytes: Uint8Array) => void, signal: AbortSignal): Promise<void>
  /** Nodes other than this one that listen to a room this node owns. */
  listeners(room: string): number
  close(): Promise<void>
}

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const scope = await Effect.runPromise(Scope.make())
  try {
    return await build(options, scope)
  } catch (error) {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    throw error
  }
}

async function build(options: EngineOptions, scope: Scope.Closeable): Promise<Engine> {
  const { nodeId, key, listen, log } = options
  const server = await Effect.runPromise(
    Scope.provide(
      NodeSocketServer.makeTls({
        ...serverTls(key),
        ...listen,
        noDelay: true,
        keepAlive: true,
        // Among the processes of one launcher each has a port of its own.
        exclusive: true,
      }),
      scope,
    ),
  )
  const port = (server.address as { port: number }).port // we gave it a TCP port
  const self = RunnerAddress.make(options.advertisedHost, port)
  const rooms = new Map<string, Map<string, number>>()

  const roomHandlers = Effect.gen(function* () {
    const address = yield* Entity.CurrentAddress
    const room = String(address.entityId)
    const pubsub = yield* PubSub.sliding<Uint8Array>(ROOM_MESSAGES)
    const here = new Map<string, number>()
    rooms.set(room, here)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (rooms.get(room) === here) rooms.delete(room)
      }),
    )
    const count = (id: string, by: number) =>
      Effect.sync(() => {
        const n = (here.get(id) ?? 0) + by
        if (n > 0) here.set(id, n)
        else here.delete(id)
      })
    return RoomEntity.of({
      Publish: ({ payload }) => Effect.asVoid(PubSub.publish(pubsub, payload.bytes)),
      Subscribe: ({ payload }) =>
        Stream.unwrap(
          Effect.gen(function* () {
            yield* Effect.acquireRelease(count(payload.nodeId, 1), () => count(payload.nodeId, -1))
            return Stream.fromPubSub(pubsub)
          }),
        ),
    })
  })
  const processing = (kind: 'Project' | 'Processor') =>
    Effect.gen(function* () {
      const address = yield* Entity.CurrentAddress
      const id = String(address.entityId)
      return {
        Process: ({ payload }: { payload: { bytes: Uint8Array } }) =>
          Effect.promise(() => options.process(kind, id, payload.bytes)),
      }
    })
  // The mailbox of a project is the intake: whatever arrives is handed to it at once.
  const entity = { concurrency: 'unbounded', disableFatalDefects: true, maxIdleTime: 30_000 } as const

  const entities = Layer.mergeAll(
    ProjectEntity.toLayer(processing('Project'), entity),
    ProcessorEntity.toLayer(processing('Processor'), { ...entity, maxIdleTime: 10_000 }),
    RoomEntity.toLayer(roomHandlers, entity),
  )
  const serialization = RpcSerialization.layerSchemaBinary({ maxFrameSize: 16 * MIB })
  const clients = Layer.effect(Runners.RpcClientProtocol)(
    Effect.gen(function* () {
      const binary = yield* RpcSerialization.RpcSerialization
      return {
        codecFor: binary.codecFor,
        make: (address: RunnerAddress.RunnerAddress) =>
          Effect.gen(function* () {
            const where = `${address.host}:${address.port}`
            const socket = yield* NodeSocket.fromDuplex(
              connect({ host: address.host, port: address.port, key }),
              {
                openTimeout: 1_000,
              },
            )
            return yield* RpcClient.makeProtocolSocket({ pingInterval: 2_000, pingTimeout: 6_000 }).pipe(
              Effect.provideService(Socket, socket),
              Effect.provideService(RpcSerialization.RpcSerialization, binary),
              Effect.provideService(RpcClient.ConnectionHooks, {
                onConnect: Effect.sync(() => options.onConnection(where, true)),
                onDisconnect: Effect.sync(() => options.onConnection(where, false)),
              }),
            )
          }),
      }
    }),
  )
  const cluster = SocketRunner.layer.pipe(
    Layer.provide([
      Layer.succeed(SocketServer, server),
      clients,
      // Who is alive is told by heartbeats.
      RunnerHealth.layerNoop,
      Layer.succeed(RunnerStorage.RunnerStorage, runnerStorage(options, self)),
      MessageStorage.layerNoop,
    ]),
    Layer.provide(serialization),
    Layer.provide(
      ShardingConfig.layer({
        runnerAddress: Option.some(self),
        shardsPerGroup: SHARES,
        shardLockRefreshInterval: 2_000,
        shardLockExpiration: 8_000,
        // An open stream would hold up whoever waits for the new owner for so long.
        entityTerminationTimeout: 1_000,
        refreshAssignmentsInterval: 1_000,
        runnerHealthCheckInterval: 2_000,
        entityMessagePollInterval: 1_000,
        entityMailboxCapacity: 4_096,
        maxResidentEntities: 'unbounded',
        simulateRemoteSerialization: false,
      }),
    ),
  )
  const logging = Layer.mergeAll(
    Logger.layer([
      Logger.make(({ message, cause }) =>
        log.info('The mesh says', {
          text: String(message),
          ...(cause.reasons.length > 0 ? { cause: String(cause) } : {}),
        }),
      ),
    ]),
    Layer.succeed(References.MinimumLogLevel, 'Warn'),
  )
  const context = await Effect.runPromise(
    Layer.buildWithScope(entities.pipe(Layer.provideMerge(cluster), Layer.provideMerge(logging)), scope),
  )
  const run = Effect.runPromiseWith(context)
  const { sharding, runners, projects, processors, roomOf } = await run(
    Effect.gen(function* () {
      return {
        sharding: yield* Sharding.Sharding,
        runners: yield* Runners.Runners,
        projects: yield* ProjectEntity.client,
        processors: yield* ProcessorEntity.client,
        roomOf: yield* RoomEntity.client,
      }
    }),
  )

  return {
    port,
    shardOf: (id) => sharding.getShardId(EntityId.make(id), GROUP).toString(),
    ping: (address, signal) => run(runners.ping(RunnerAddress.make(address.host, address.port)), { signal }),
    call: (kind, id, bytes, signal) =>
      run((kind === 'Project' ? projects(id) : processors(id)).Process({ bytes }), { signal }),
    publish: (room, bytes, signal) => run(roomOf(room).Publish({ bytes }), { signal }),
    async listen(room, listener, signal) {
      const life = Stream.runForEach(roomOf(room).Subscribe({ nodeId }), (bytes) =>
        Effect.sync(() => listener(bytes)),
      )
      // A hand-over interrupts the stream instead of failing it: only its exit tells.
      const fiber = Effect.runForkWith(context)(life, { signal })
      await Effect.runPromise(Fiber.await(fiber))
    },
    listeners(room) {
      const here = rooms.get(room)
      return here ? here.size - (here.has(nodeId) ? 1 : 0) : 0
    },
    async close() {
      await Effect.runPromise(Scope.close(scope, Exit.void))
    },
  }
}

/** A connection to another node; ended with the scope it is used in, once what was written is sent. */
const connect = ({ host, port, key }: { host: string; port: number; key: Buffer }) =>
  Effect.gen(function* () {
    let connection: tls.TLSSocket | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => connection?.destroySoon()))
    return yield* Effect.callback<tls.TLSSocket, SocketError>((resume) => {
      const opening = tls.connect({ ...clientTls(key), host, port })
      connection = opening
      opening.setNoDelay(true).setKeepAlive(true).setMaxListeners(0)
      opening.once('secureConnect', () => resume(Effect.succeed(opening)))
      opening.on('error', (cause) =>
        resume(Effect.fail(new SocketError({ reason: new SocketOpenError({ kind: 'Unknown', cause }) }))),
      )
      return Effect.sync(() => opening.destroy())
    })
  })

/** The engine's view of our tables. */
function runnerStorage(options: EngineOptions, self: RunnerAddress.RunnerAddress) {
  const { shards } = options
  const texts = (ids: Iterable<ShardId.ShardId>) => Array.from(ids, (id) => id.toString())
  const ids = (shardTexts: readonly string[]) => shardTexts.map((text) => ShardId.fromString(text))
  const runner = (address: RunnerAddress.RunnerAddress) =>
    Runner.make({ address, groups: [GROUP], weight: 1 })
  const ask = <A>(question: () => Promise<A>) =>
    Effect.tryPromise({ try: question, catch: (cause) => new PersistenceError({ cause }) })
  let registered = true
  return RunnerStorage.RunnerStorage.of({
    register: () =>
      Effect.sync(() => {
        registered = true
        return MachineId.make(options.number)
      }),
    unregister: () => Effect.sync(() => void (registered = false)),
    getRunners: Effect.sync(() => {
      const others = options.peers().map(({ host, port }) => runner(RunnerAddress.make(host, port)))
      return [...(registered ? [runner(self)] : []), ...others].map((found) => [found, true] as const)
    }),
    setRunnerHealth: () => Effect.void,
    acquire: (_address, wanted) =>
      Effect.map(
        ask(() => shards.acquire(texts(wanted))),
        ids,
      ),
    refresh: (_address, held) =>
      Effect.map(
        ask(() => shards.held(texts(held))),
        ids,
      ),
    release: (_address, shardId) => ask(() => shards.release(shardId.toString())),
    releaseAll: () => ask(() => shards.releaseAll()),
  })
}
