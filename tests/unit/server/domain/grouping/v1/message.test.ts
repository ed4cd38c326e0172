import { describe, expect, it } from 'vitest'
import { normaliseMessage } from '#server/domain/grouping/v1/message.ts'

describe('GROUP-03: what varies becomes a kind', () => {
  it.each([
    ['user 4711 not found', 'user <number> not found'],
    ['-5 (+3.2) 1,234,567 [1,2,3] 1e10 50%', '<number> (<number>) <number> [<number>] <number> <number>%'],
    ['user_123 in order10293', 'user_<number> in order<number>'],
    ['mail to bob.smith+x@example.co.uk failed', 'mail to <email> failed'],
    ['GET https://api.example.com/v1/users/123?token=abc, retrying.', 'GET <url>, retrying.'],
    ['open mongodb+srv://u:p@h/db failed', 'open <url> failed'],
    ['id 550e8400-e29b-41d4-a716-446655440000 is gone', 'id <uuid> is gone'],
    ['from 10.0.0.5, ::1 and 2001:db8::ff00:42:8329', 'from <ip>, <ip> and <ip>'],
    ['mac 00:1B:44:11:3A:B7', 'mac <hex>'],
    ['at 0x7ffe9a0c and deadbeef01', 'at <hex> and <hex>'],
    ['md5 d41d8cd98f00b204e9800998ecf8427e', 'md5 <hash>'],
    ['at 2024-01-02T03:04:05.123Z', 'at <date>'],
    ['at 2024-01-02 03:04:05', 'at <date>'],
    ['[02/Jan/2024:15:04:05 +0000]', '[<date>]'],
    ['Mon Jan 02 2024 15:04:05 GMT+0200', '<date>'],
    ['Tue, 02 Jan 2024 03:04:05 GMT', '<date>'],
    ['since 12:30:45', 'since <time>'],
    [
      'timeout of 5000ms after 2m30s, 30 seconds or 1.5 s',
      'timeout of <duration> after <duration>, <duration> or <duration>',
    ],
    ['read /var/log/app.log and ./x and C:\\Users\\x\\y.cs', 'read <path> and <path> and <path>'],
    ["from 'src/app.js:10:5'", "from '<path>'"],
    ['user="Bob Smith" id=\'x y\' n=5', 'user=<quoted> id=<quoted> n=<number>'],
    ['customer cus_9s6XKzkNRiz8i3 and V1StGXR8_Z5jdHi6B-myT', 'customer cus_<id> and <id>'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N', 'token <id>'],
    ['12KB of 3rd', '<number>KB of <number>rd'],
    ['waiting 10 minutes at 1700000000', 'waiting <duration> at <number>'],
    ['file:///srv/app/x.js and mailto:bob@x.co.uk', '<url> and mailto:<email>'],
    ['Loading chunk 12 failed. (/static/12.a1b2c3d4.chunk.js)', 'Loading chunk <number> failed. (<path>)'],
    ['object 507f1f77bcf86cd799439011 in 01ARZ3NDEKTSV4RRFFQ69G5FAV', 'object <hex> in <id>'],
    ['10.0.0.0/8 by fe80::1%eth0', '<ip> by <ip>'],
    ['日本語 123 ошибка 42 Größe 5', '日本語 <number> ошибка <number> Größe <number>'],
    ['a\n\n  b\t c', 'a b c'],
  ])('%s', (message, expected) => {
    expect(normaliseMessage(message)).toBe(expected)
  })
})

describe('GROUP-03: what means something stays', () => {
  it.each([
    'Request failed with status code 404',
    'HTTP 503',
    'HTTP/1.1 500 Internal Server Error',
    '404 Not Found',
    'Server responded with 502',
    '[Errno 2] No such file',
    'errno: -104',
    '(os error 104)',
    'ERROR 1045 (28000): Access denied',
    'HTTP 429: Too Many Requests',
    'Response code 403 (Forbidden)',
    'upstream returned 503',
    'error code 40P01 (SQLSTATE 23505)',
    'MySQL error 1213',
    '[WinError 10061] refused',
    'errno=-2',
    'received signal: 15',
    'returned non-zero exit status 2.',
    'connection to server, port 5432 failed',
    'requires Python 3.11, TLS 1.3 and Chrome 120.0.6099.109',
    'SQLSTATE[42S02]: Base table or view not found',
    'SQLSTATE: 42P01',
    'ORA code 942',
    'P2002 TS2345 E11000 CS0103',
    'killed by signal 9',
    'exited with code 137',
    'exit status 2',
    'HRESULT: 0x80070005',
    'port 8080',
    'getaddrinfo ENOTFOUND db.example.com:5432',
    'redis:6379 and localhost:3000',
    'needs v1.2.3 or version 2.0, node 18.2 and pkg@1.2.3',
    'nginx/1.18 says 2.0.1-beta.3',
    'sha256 utf8 base64 x86 i18n log4j2 2FA 4xx',
    'and/or text/html TCP/IP n/a @scope/pkg',
    'App\\Models\\User not found',
    'std::vector and a::b',
    'Unexpected closing tag </div>',
    "Cannot read properties of undefined (reading 'foo')",
    'hello %s and {foo}',
  ])('%s', (message) => {
    expect(normaliseMessage(message)).toBe(message)
  })

  it('the port beside an address', () => {
    expect(normaliseMessage('connect ECONNREFUSED 127.0.0.1:5432')).toBe('connect ECONNREFUSED <ip>:5432')
    expect(normaliseMessage('address already in use :::3000')).toBe('address already in use <ip>:3000')
    expect(normaliseMessage('at app.js:10 for id:123')).toBe('at app.js:<number> for id:<number>')
  })
})

describe('bounds', () => {
  it('reads the first lines until they say enough', () => {
    const dump = 'Command failed: make all in the repository of shop\n'
    expect(normaliseMessage(`${dump}one`)).toBe(normaliseMessage(`${dump}two`))
    expect(normaliseMessage('Validation failed:\n- name')).not.toBe(
      normaliseMessage('Validation failed:\n- age'),
    )
  })

  it.each([
    '1 ',
    '1.',
    '1:',
    '::',
    'a@',
    'a/',
    './',
    '="',
    'eyJ',
    '0x',
    'Mon Jan 1 ',
    '2024-',
    '(',
    '😀',
    'a1',
    '%',
    'https://',
    'error ',
    'GET /a ',
    'a:1',
    '1m1s',
    'a1-',
    '1,',
    'ff:',
    '=`',
    'version 1.',
    'data:a/a;',
    '\\',
    '1 Jan ',
    'a@a.',
  ])('GROUP-03: 8 KiB of %j come to an end, and to the same end', (pattern) => {
    const text = pattern.repeat(8_192 / pattern.length)
    const once = normaliseMessage(text)
    expect(once.length).toBeLessThanOrEqual(16_384)
    expect(normaliseMessage(`${text}tail`)).toBe(once)
  })
})
