// The customers of the imaginary shop, with their machines. Addresses are those reserved for documentation.
import { createDraw, type Draw } from './draw.ts'

export interface Person {
  id: string
  name: string
  email: string
  ip: string
  tier: 'free' | 'plus' | 'business'
  locale: string
  timezone: string
  browser: Browser
}

export interface Browser {
  name: string
  version: string
  os: string
  osVersion: string
  engine: 'v8' | 'gecko' | 'webkit'
  userAgent: string
  device?: string
}

const FIRST =
  `Ada Ben Carla Dario Elif Femi Grete Hugo Ines Jonas Kaia Luca Mira Noah Olga Pablo Quinn Rosa Sven Tilda
  Umar Vera Wim Xenia Yara Zeno`.split(/\s+/)
const LAST =
  `Acker Bianchi Castro Dahl Engel Fofana Garcia Haas Ivanova Jansen Kowalski Lindqvist Moreau Novak Okafor
  Petersen Quist Rossi Schmid Tanaka Ueda Vogel Weiss Yilmaz Zeman`.split(/\s+/)
const PLACES: [[string, string], number][] = [
  [['de-DE', 'Europe/Berlin'], 8],
  [['en-GB', 'Europe/London'], 5],
  [['fr-FR', 'Europe/Paris'], 4],
  [['nl-NL', 'Europe/Amsterdam'], 3],
  [['it-IT', 'Europe/Rome'], 2],
  [['en-US', 'America/New_York'], 3],
  [['sv-SE', 'Europe/Stockholm'], 1],
]

const windows = 'Windows NT 10.0; Win64; x64'
const mac = 'Macintosh; Intel Mac OS X 10_15_7'
const blink = (platform: string, version: string, tail = '') =>
  `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36${tail}`
const BROWSERS: [Browser, number][] = [
  [chrome('Windows', '11', windows, '142'), 12],
  [chrome('Windows', '10', windows, '141'), 5],
  [chrome('macOS', '15.6', mac, '142'), 6],
  [
    { ...chrome('Android', '15', 'Linux; Android 10; K', '142'), name: 'Chrome Mobile', device: 'Pixel 8' },
    8,
  ],
  [
    {
      ...{ name: 'Edge', version: '142.0', os: 'Windows', osVersion: '11', engine: 'v8' },
      userAgent: blink(windows, '142', ' Edg/142.0.0.0'),
    },
    4,
  ],
  [firefox('Windows', '11', 'Windows NT 10.0; Win64; x64; rv:145.0'), 4],
  [firefox('Linux', '', 'X11; Linux x86_64; rv:145.0'), 2],
  [safari('Safari', 'macOS', '15.6', `Mozilla/5.0 (${mac})`, ''), 5],
  [
    {
      ...safari(
        'Mobile Safari',
        'iOS',
        '18.6',
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)',
        'Mobile/15E148 ',
      ),
      device: 'iPhone',
    },
    9,
  ],
]

function chrome(os: string, osVersion: string, platform: string, version: string): Browser {
  const userAgent = blink(platform, version)
  return { name: 'Chrome', version: `${version}.0`, os, osVersion, engine: 'v8', userAgent }
}
function firefox(os: string, osVersion: string, platform: string): Browser {
  const userAgent = `Mozilla/5.0 (${platform}) Gecko/20100101 Firefox/145.0`
  return { name: 'Firefox', version: '145.0', os, osVersion, engine: 'gecko', userAgent }
}
function safari(name: string, os: string, osVersion: string, head: string, mobile: string): Browser {
  const userAgent = `${head} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 ${mobile}Safari/604.1`
  return { name, version: '18.6', os, osVersion, engine: 'webkit', userAgent }
}

const PEOPLE = 640

export interface People {
  /** Some come often, most now and then. */
  somebody(draw: Draw): Person
}

export function inventPeople(seed: string): People {
  const draw = createDraw(`${seed} people`)
  const taken = new Set<string>()
  const people = Array.from({ length: PEOPLE }, (_, i): Person => {
    const first = draw.pick(FIRST)
    const last = draw.pick(LAST)
    const [locale, timezone] = draw.weighted(PLACES)
    const mailbox = `${first}.${last}`.toLowerCase()
    const email = `${mailbox}${taken.has(mailbox) ? i : ''}@example.com`
    taken.add(mailbox)
    return {
      id: String(10_240 + i * 7),
      name: `${first} ${last}`,
      email,
      ip: `${draw.pick(['192.0.2', '198.51.100', '203.0.113'])}.${draw.whole(1, 254)}`,
      tier: draw.weighted([
        ['free', 6],
        ['plus', 3],
        ['business', 1],
      ]),
      locale,
      timezone,
      browser: draw.weighted(BROWSERS),
    }
  })
  return { somebody: (by) => people[Math.floor(PEOPLE * by.unit() ** 2.2)]! }
}
