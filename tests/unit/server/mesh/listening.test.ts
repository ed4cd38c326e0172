// Where a node of the mesh listens.
import { describe, expect, it } from 'vitest'
import { outwardAddress } from '#server/mesh/machine.ts'
import { meshListening } from '#server/processes/mesh-listening.ts'
import { parseConfig } from '#shared/schemas/config.ts'

const secret = 's'.repeat(32)

describe('CLUSTER-01: a node', () => {
  it('CLUSTER-01: listens on the loopback only, as long as there is no secret', () => {
    expect(meshListening({ host: undefined, port: 0, secret: undefined }, 0)).toEqual({
      host: '127.0.0.1',
      advertisedHost: '127.0.0.1',
      port: 0,
    })
    expect(() => meshListening({ host: '10.1.2.3', port: 0, secret: undefined }, 0)).toThrow('MESH_SECRET')
    const parsed = parseConfig({ MESH_HOST: '10.1.2.3' })
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringContaining('MESH_SECRET is needed')] })
    expect(parseConfig({ MESH_HOST: '10.1.2.3', MESH_SECRET: secret }).ok).toBe(true)
    expect(parseConfig({ MESH_SECRET: 'short' }).ok).toBe(false)
  })

  it('tells others the first address of its machine, or the one it was given', () => {
    expect(meshListening({ host: undefined, port: 0, secret }, 0).advertisedHost).toBe(
      outwardAddress() ?? '127.0.0.1',
    )
    expect(meshListening({ host: 'node-1.internal', port: 7000, secret }, 0)).toEqual({
      host: '::',
      advertisedHost: 'node-1.internal',
      port: 7000,
    })
  })

  it('has a port of its own among the processes of one launcher', () => {
    const ports = [0, 1, 2].map(
      (index) => meshListening({ host: '127.0.0.1', port: 7000, secret }, index).port,
    )
    expect(ports).toEqual([7000, 7001, 7002])
  })
})
