// What the shell makes of a pasted command is asked of real shells: whatever a payload holds stays one argument.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { requestAsCurl, shellQuote } from '../../../utils/curl.ts'

const HOSTILE = [
  "it's",
  "'; rm -rf ~; echo '",
  '$(touch /tmp/pwned) `id` ${HOME} $HOME !! !$',
  'back\\slash at the end\\',
  "\\'; echo out; echo \\'",
  'two\nlines\r\nand a tab\t',
  'escape \u001B[201~ bracketed paste, bell \u0007',
  'direction \u202Egnp.exe\u202C \u2066isolate\u2069 zero\u200Bwidth',
  '"double" & ; | < > ( ) { } [ ] * ? ~ # %',
  'ünïcödé 漢字 🙂 مرحبا',
  '-n',
  '--data=@/etc/passwd',
  '@/etc/passwd',
  '',
  ' ',
]

const words = (shell: string, command: string): string[] =>
  execFileSync(shell, [...(shell === 'bash' ? ['--norc'] : []), '-c', command], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  })
    .split('\0')
    .slice(0, -1)

// eslint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL_OR_DIRECTION = /[\u0000-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2066-\u2069]/

describe('copy as curl', () => {
  it.each(HOSTILE)('quotes %j as exactly one word for bash', (text) => {
    const command = `printf '%s\\0' ${shellQuote(text)} next`
    expect(words('bash', command)).toEqual([text, 'next'])
  })

  it.each(HOSTILE)('never lets %j out of its word in a plain POSIX shell', (text) => {
    const command = `printf '%s\\0' ${shellQuote(text)} next`
    expect(words('/bin/sh', command)).toHaveLength(2)
  })

  it.each(HOSTILE)('leaves no backslash before a quote in %j, where fish would go on reading', (text) => {
    const quoted = shellQuote(text)
    if (!quoted.startsWith('$')) expect(quoted.replaceAll(`'\\''`, '')).not.toContain('\\')
    expect(quoted.startsWith("$'") && /\\[^0-7]/.test(quoted)).toBe(false)
  })

  it.each(HOSTILE)('lets no control or direction character of %j reach the terminal', (text) => {
    expect(shellQuote(text)).not.toMatch(CONTROL_OR_DIRECTION)
  })

  it('drops NUL, which no argument can hold', () => {
    expect(shellQuote('a\0b')).toBe('ab')
  })

  it('writes the whole request', () => {
    const command = requestAsCurl({
      method: 'post',
      url: 'https://shop.example/checkout',
      queryString: 'cart=9&x=1',
      headers: [
        ['Host', 'shop.example'],
        ['Content-Length', '3'],
        ['Content-Type', 'application/json'],
      ],
      cookies: [['session', '[Filtered]']],
      data: { note: "it's" },
    })
    expect(command).toBe(
      [
        `curl 'https://shop.example/checkout?cart=9&x=1'`,
        `--header 'Content-Type: application/json'`,
        `--header 'Cookie: session=[Filtered]'`,
        `--data-raw '{"note":"it'\\''s"}'`,
      ].join(' \\\n  '),
    )
  })

  it('gives every argument of a hostile request to curl as it was, and nothing else', () => {
    const request = {
      method: "GET'; id; '",
      url: "https://x.example/'$(id)'/[1-9]{a,b}",
      headers: [
        ['@/etc/passwd', 'x'],
        ['X-Split', 'a\r\nX-Injected: 1'],
        ["X-'`id`", "'; id #"],
      ] as [string, string][],
      data: '@/etc/passwd',
    }
    const command = requestAsCurl(request)?.replace(/^curl/, "printf '%s\\0'") ?? ''
    expect(words('bash', command)).toEqual([
      request.url,
      '--globoff',
      '--request',
      request.method.toUpperCase(),
      '--header',
      'etcpasswd: x',
      '--header',
      'X-Split: a X-Injected: 1',
      '--header',
      "X-'`id`: '; id #",
      '--data-raw',
      '@/etc/passwd',
    ])
  })

  it('leads only to the web', () => {
    expect(requestAsCurl({ url: 'file:///etc/passwd' })).toBeNull()
    expect(requestAsCurl({ url: 'javascript:alert(1)' })).toBeNull()
    expect(requestAsCurl({ url: '--config=/etc/passwd' })).toBeNull()
    expect(requestAsCurl({})).toBeNull()
  })

  it('does not ask for the query twice, and keeps the fragment last', () => {
    expect(requestAsCurl({ url: 'http://a/?x=1', queryString: 'x=1' })).toBe("curl 'http://a/?x=1'")
    expect(requestAsCurl({ url: 'http://a/#top', queryString: '?x=1' })).toBe("curl 'http://a/?x=1#top'")
  })
})
