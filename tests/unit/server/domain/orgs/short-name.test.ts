import { expect, test } from 'vitest'
import { insertUnderShortName, slugify } from '#server/domain/orgs/short-name.ts'
import { slug as schema } from '#shared/schemas/org.ts'

test.each([
  ['Acme', 'acme'],
  ['  Acme,  Inc. ', 'acme-inc'],
  ['Café Zoë', 'cafe-zoe'],
  ['日本', 'team'],
  ['--', 'team'],
  ['a'.repeat(100), 'a'.repeat(44)],
  [`${'a'.repeat(43)} b`, 'a'.repeat(43)],
])('%j becomes %j, which is a short name', (name, expected) => {
  expect(slugify(name, 'team')).toBe(expected)
  expect(schema.safeParse(slugify(name, 'team')).success).toBe(true)
})

const request = (taken: string[], asked?: string) => ({
  asked,
  name: 'Acme',
  fallback: 'team',
  reserved: ['acme-2'],
  insert: async (slug: string) => (taken.includes(slug) ? null : slug),
})

test('a made name steps aside for what is taken and for what is reserved', async () => {
  expect(await insertUnderShortName(request([]))).toBe('acme')
  expect(await insertUnderShortName(request(['acme', 'acme-3']))).toBe('acme-4')
})

test('a name that was asked for does not', async () => {
  await expect(insertUnderShortName(request(['shop'], 'shop'))).rejects.toMatchObject({ code: 'slug_taken' })
  await expect(insertUnderShortName(request([], 'acme-2'))).rejects.toMatchObject({ code: 'slug_taken' })
})
