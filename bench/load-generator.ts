// Runs load.ts for one plan.
import { fork } from 'node:child_process'
import path from 'node:path'
import type { LoadPlan, LoadResult } from './load.ts'

/** @param onStart called when the bodies are made and the first request is about to leave, with the generator's pid */
export function generateLoad(plan: LoadPlan, onStart: (pid: number) => void = () => {}): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(import.meta.dirname, 'load.ts'), { serialization: 'advanced' })
    let result: LoadResult | undefined
    child.on('message', (message) => {
      if (message === 'ready') {
        onStart(child.pid!)
        child.send('go')
      } else result = message as LoadResult
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (result) resolve(result)
      else reject(new Error(`The load generator ended with code ${code}`))
    })
    child.send(plan)
  })
}
