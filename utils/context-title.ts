// Names of contexts as people know them; unknown ones are shown as the program named them.

const TITLES: Record<string, string> = {
  app: 'App',
  browser: 'Browser',
  cloud_resource: 'Cloud resource',
  culture: 'Culture',
  device: 'Device',
  gpu: 'GPU',
  os: 'Operating system',
  client_os: 'Operating system of the client',
  response: 'Response',
  runtime: 'Runtime',
  state: 'State',
  trace: 'Trace',
}

export const contextTitle = (name: string): string => TITLES[name] ?? name

// First what one asks first; then by name.
const ORDER = ['browser', 'client_os', 'os', 'runtime', 'device', 'app', 'trace', 'response', 'state']

const placeOf = (name: string): number => {
  const at = ORDER.indexOf(name)
  return at < 0 ? ORDER.length : at
}

export const byContextOrder = (a: string, b: string): number =>
  placeOf(a) - placeOf(b) || a.localeCompare(b, 'en')
