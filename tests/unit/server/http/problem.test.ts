import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DOMAIN_ERROR_CODES, DomainError } from '#server/domain/errors.ts'
import { statusOf, toProblem } from '#server/http/problem.ts'
import { runInScope } from '#server/http/scope.ts'

let written: string[]
beforeEach(() => {
  written = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(written.push(String(text))))
})
afterEach(() => vi.restoreAllMocks())

test('every code has a status of its kind', () => {
  for (const code of DOMAIN_ERROR_CODES) expect(statusOf(code), code).toBeGreaterThanOrEqual(400)
})

test('what we did not foresee leaves as 500 with the request id and nothing else, and is logged once', () => {
  const error = Object.assign(new Error('password=hunter2 at /srv/mesher'), {
    detail: 'Key (email)=(ada@example.org)',
  })
  const answer = runInScope({ kind: 'request', id: 'r-1' }, () => toProblem(error))
  expect(answer).toEqual({
    status: 500,
    body: {
      error: { code: 'internal', message: 'Something went wrong on our side', details: { requestId: 'r-1' } },
    },
  })
  expect(written).toHaveLength(1)
  expect(written[0]).toContain('r-1')
  // What PostgreSQL quotes of stored rows stays out of the log.
  expect(written[0]).not.toContain('ada@example.org')
})

test.each([
  ['57014', 503, 'took_too_long'],
  ['57P01', 503, 'unavailable'],
  ['08006', 503, 'unavailable'],
  ['ECONNREFUSED', 503, 'unavailable'],
  ['22021', 400, 'validation_failed'],
  ['23505', 500, 'internal'],
])('a database error %s is %i %s', (code, status, expected) => {
  const answer = toProblem(Object.assign(new Error('x'), { code }))
  expect([answer.status, answer.body.error.code]).toEqual([status, expected])
})

test('problems with fields are the details; a wait is a header', () => {
  const problems = [{ path: 'name', message: 'Give it a name.' }]
  expect(toProblem(new DomainError('validation_failed', { problems })).body.error.details).toEqual(problems)
  expect(toProblem(new DomainError('too_many_attempts', { retryAfterSeconds: 9 })).retryAfterSeconds).toBe(9)
})

test('a line of the log is one line, whatever is in it', () => {
  toProblem(new Error('first\nsecond \u001b[31mred'))
  expect(written[0]?.trimEnd().split('\n')).toHaveLength(1)
  expect(written[0]).not.toContain('\u001b')
})
