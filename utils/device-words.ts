// Where somebody is signed in, in words: "Chrome on Windows". A guess from the User-Agent header, which programs write
// as they please: enough to recognise one's own devices, and never markup, since only names from here are said.

/** In order: later ones also claim to be the earlier. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Headless Chrome'],
  [/\bChrome\/|\bCriOS\/|\bChromium\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^(?:node|undici)\b/i, 'A Node program'],
  [/^python-/i, 'A Python program'],
]
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const nameIn = (names: [RegExp, string][], text: string) => names.find(([form]) => form.test(text))?.[1]

export function deviceWords(userAgent: string | null): string {
  const text = (userAgent ?? '').slice(0, 500)
  const browser = nameIn(BROWSERS, text)
  const system = nameIn(SYSTEMS, text)
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? 'Unknown device'
}

/** The icon of its kind. */
export const deviceIcon = (userAgent: string | null): string => {
  const words = deviceWords(userAgent)
  if (/iPhone|Android/.test(words)) return 'i-lucide-smartphone'
  if (/iPad/.test(words)) return 'i-lucide-tablet'
  if (/program|curl/.test(words)) return 'i-lucide-square-terminal'
  return 'i-lucide-monitor'
}
