import { describe, expect, it } from 'vitest'
import {
  lexemes,
  tagKeyLexeme,
  tagLexeme,
  userLexeme,
  toTsvectorText,
  wordLexemes,
} from '#server/domain/ingest/lexemes.ts'
import { describe as describeEvent } from '#server/domain/ingest/title.ts'
import { normal } from '../samples.ts'

const lexemesOf = (payload: unknown): string[] => {
  const event = normal(payload)
  return lexemes(event, describeEvent(event))
}

describe('wordLexemes', () => {
  it('keeps the whole and splits at punctuation and humps', () => {
    expect(wordLexemes('OrderService.handleRequest')).toEqual([
      'orderservice',
      'order',
      'service',
      'handlerequest',
      'handle',
      'request',
      'orderservice.handlerequest',
    ])
    expect(wordLexemes('(HTTPServer42)')).toEqual(['httpserver42', 'http', 'server42'])
    expect(wordLexemes('user_id=5, "x"')).toEqual(['user', 'id', '5', 'user_id=5', 'x'])
    expect(wordLexemes('  -- ?? ')).toEqual([])
    expect(wordLexemes('Größe überschritten ÄnderungsDatum')).toEqual([
      'größe',
      'überschritten',
      'änderungsdatum',
      'änderungs',
      'datum',
    ])
  })

  it('cuts long words at 200 bytes without splitting a character', () => {
    for (const text of ['x'.repeat(5_000), 'é'.repeat(5_000), '漢'.repeat(1_000), '😀'.repeat(1_000)]) {
      for (const word of wordLexemes(text)) {
        expect(Buffer.byteLength(word)).toBeLessThanOrEqual(200)
        expect(word.isWellFormed()).toBe(true)
        expect(text.toLowerCase().startsWith(word)).toBe(true)
      }
    }
  })
})

describe('lexemes', () => {
  it('come from title, type, message, in-app functions and tags', () => {
    const found = lexemesOf({
      message: 'while saving',
      exception: [
        {
          type: 'DbError',
          value: 'no connection',
          stacktrace: {
            frames: [
              { function: 'saveOrder', in_app: true },
              { function: 'libCall', in_app: false },
            ],
          },
        },
      ],
      tags: { Browser: 'Chrome 120', os: 'Linux' },
    })
    expect(found).toEqual(
      expect.arrayContaining([
        'dberror',
        'db',
        'connection',
        'saveorder',
        'save',
        'while',
        'browser=chrome 120',
        'os=',
      ]),
    )
    expect(found).not.toContain('libcall')
    expect(found).toContain(tagLexeme('Browser', 'Chrome 120'))
    expect(found).toContain(tagKeyLexeme('Browser'))
    expect(new Set(found).size).toBe(found.length)
  })

  it('hold ids and addresses of users, where no word finds them', () => {
    const found = lexemesOf({
      message: 'boom',
      user: { id: 'A7', email: 'Ada@Example.org', username: 'ada' },
    })
    expect(found).toContain(userLexeme('user.id', 'a7'))
    expect(found).toContain(userLexeme('user.email', 'ada@example.org'))
    expect(found.filter((word) => /^(user|ada|a7)/.test(word))).toEqual([])
    expect(wordLexemes('=user.id=A7')).not.toContain(userLexeme('user.id', 'A7'))
  })

  it('are at most 256', () => {
    const message = Array.from({ length: 5_000 }, (_, i) => `w${i}`).join(' ')
    expect(lexemesOf({ message }).length).toBeLessThanOrEqual(256)
  })
})

describe('toTsvectorText', () => {
  it('quotes what PostgreSQL would read as syntax', () => {
    expect(toTsvectorText(["it's", 'a\\b', 'x:1', "''", ''])).toBe("'it''s' 'a\\\\b' 'x:1' ''''''")
    expect(toTsvectorText([])).toBe('')
  })
})
