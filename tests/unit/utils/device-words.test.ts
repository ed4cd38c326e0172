import { expect, test } from 'vitest'
import { deviceIcon, deviceWords } from '../../../utils/device-words.ts'

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
    'Chrome on Windows',
    'i-lucide-monitor',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0',
    'Edge on Windows',
    'i-lucide-monitor',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0',
    'Firefox on macOS',
    'i-lucide-monitor',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
    'i-lucide-smartphone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
    'Chrome on Android',
    'i-lucide-smartphone',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36',
    'Headless Chrome on Linux',
    'i-lucide-monitor',
  ],
  ['curl/8.10.1', 'curl', 'i-lucide-square-terminal'],
  ['node', 'A Node program', 'i-lucide-square-terminal'],
  ['<script>alert(1)</script>', 'Unknown device', 'i-lucide-monitor'],
  ['', 'Unknown device', 'i-lucide-monitor'],
  [null, 'Unknown device', 'i-lucide-monitor'],
])('%s is %s', (userAgent, words, icon) => {
  expect([deviceWords(userAgent), deviceIcon(userAgent)]).toEqual([words, icon])
})
