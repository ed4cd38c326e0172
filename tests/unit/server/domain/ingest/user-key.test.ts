import { expect, it } from 'vitest'
import { userKey } from '#server/domain/ingest/user-key.ts'
import { normal } from '../samples.ts'

it.each([
  [{ id: 7, email: 'a@b.c' }, 'id:7'],
  [{ email: 'A@b.C', username: 'a' }, 'email:a@b.c'],
  [{ username: 'Bob', ip_address: '192.0.2.1' }, 'username:Bob'],
  [{ ip_address: '192.0.2.1' }, 'ip:192.0.2.1'],
  [{ name: 'Bob' }, undefined],
  [undefined, undefined],
])('%j is %s', (user, expected) => {
  expect(userKey(normal({ message: 'x', user }))).toBe(expected)
})
