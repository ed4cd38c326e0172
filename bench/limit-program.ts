// Starts one of the limit programs.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { freePort } from './app.ts'

export interface LimitProgram {
  port: number
  pid: number
  stop(): Promise<void>
}

export async function startLimitProgram(
  name: 'bare-server' | 'bare-writer',
  databaseUrl: string,
): Promise<LimitProgram> {
  const port = await freePort()
  const child = fork(path.join(import.meta.dirname, 'limit', `${name}.ts`), {
    env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: databaseUrl, NODE_ENV: 'production' },
    execArgv: [],
  })
  const exited = once(child, 'exit')
  const first = await Promise.race([once(child, 'message'), exited.then(() => null)])
  if (!first) throw new Error(`The limit program ${name} did not start.`)
  return {
    port,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
