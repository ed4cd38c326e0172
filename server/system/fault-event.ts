// A fault of Mesher's own as the payload of an event, in the words of the Sentry protocol, as if an SDK had sent it. Only
// what the error and the code around it say: no body, no header, no query of the request in which it happened.
import os from 'node:os'
import type { OwnFault } from './own-faults.ts'

export interface FaultContext {
  version: string
  /** Which of the server processes that share a port. */
  server: number
  /** Like it and not reported one by one since the last. */
  suppressed: number
}

interface Frame {
  function?: string
  filename: string
  lineno?: number
  colno?: number
  in_app: boolean
}

const MAX_FRAMES = 100
const MAX_CAUSES = 5

export function faultEvent(fault: OwnFault, context: FaultContext): Record<string, unknown> {
  const { kind, error, at, about, requestId, fatal } = fault
  return {
    timestamp: at.getTime() / 1_000,
    platform: 'node',
    level: fatal ? 'fatal' : 'error',
    logger: `mesher.${kind}`,
    release: `mesher@${context.version}`,
    server_name: os.hostname(),
    ...(about === undefined ? {} : { transaction: about }),
    exception: { values: exceptionsOf(error, !fatal) },
    tags: { kind, server: String(context.server) },
    contexts: { runtime: { name: 'node', version: process.version } },
    extra: {
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(context.suppressed > 0 ? { like_it_and_not_reported: context.suppressed } : {}),
    },
  }
}

/** The deepest cause first, as the protocol wants it. */
function exceptionsOf(error: unknown, handled: boolean): Record<string, unknown>[] {
  const chain: unknown[] = []
  for (
    let one = error;
    one !== undefined && chain.length < MAX_CAUSES && !chain.includes(one);
    one = one instanceof Error ? one.cause : undefined
  )
    chain.push(one)
  return chain.reverse().map((one) => {
    if (!(one instanceof Error)) return { type: 'Error', value: String(one) }
    const code = 'code' in one && typeof one.code === 'string' ? one.code : undefined
    const frames = framesOf(one.stack ?? '')
    return {
      type: one.name,
      value: code === undefined ? one.message : `${one.message} (${code})`,
      mechanism: { type: 'mesher', handled },
      ...(frames.length > 0 ? { stacktrace: { frames } } : {}),
    }
  })
}

const LINE = /^\s*at (?:(?:async )?(.+?) \()?(.+?)(?::(\d+))?(?::(\d+))?\)?$/

/** V8's stack, the oldest call first. */
export function framesOf(stack: string): Frame[] {
  const frames = stack.split('\n').flatMap((line): Frame[] => {
    const found = LINE.exec(line)
    if (!found) return []
    const [, name, file = '', lineno, colno] = found
    const filename = shortened(file)
    return [
      {
        ...(name === undefined ? {} : { function: name }),
        filename,
        ...(lineno === undefined ? {} : { lineno: Number(lineno) }),
        ...(colno === undefined ? {} : { colno: Number(colno) }),
        in_app: !/^node:|node_modules|^native$|^<anonymous>$/.test(filename),
      },
    ]
  })
  return frames.slice(0, MAX_FRAMES).reverse()
}

/** Where a checkout lies is nobody's business; what lies where in it is. */
function shortened(file: string): string {
  const plain = file.replace(/^file:\/\//, '')
  const root = `${process.cwd()}/`
  return plain.startsWith(root) ? plain.slice(root.length) : plain
}
