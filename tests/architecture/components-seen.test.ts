// No component lies about unused: each is drawn by a page, a layout or another component.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = path.join(import.meta.dirname, '..', '..')
const vueFiles = (folder: string) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.vue'))
    .map((name) => path.join(folder, name))
const drawers = [...['pages', 'layouts', 'components'].flatMap(vueFiles), 'app.vue', 'error.vue']
const sources = new Map(drawers.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]))

/** `components/base/TimeAgo.vue` is `<BaseTimeAgo>`; a file that repeats its folder's name keeps it once. */
function tagOf(file: string): string {
  const parts = path
    .relative('components', file)
    .replace(/(\.client|\.server)?\.vue$/, '')
    .split(path.sep)
  const name = parts.pop()!
  const prefix = parts.map((part) => part[0]!.toUpperCase() + part.slice(1)).join('')
  return name.startsWith(prefix) ? name : prefix + name
}

describe('components', () => {
  it.each([...new Set(vueFiles('components').map((file) => [file, tagOf(file)] as const))])(
    '%s is drawn as <%s>',
    (file, tag) => {
      const users = [...sources].filter(
        ([user, source]) => user !== file && new RegExp(`<(Lazy)?${tag}[\\s/>]`).test(source),
      )
      expect(users.map(([user]) => user)).not.toEqual([])
    },
  )
})
