// Events whose every field is an attack: each payload of the corpus in each place an event has, as JSON text, so that
// keys such as `__proto__` reach the door as they would from a wire. What runs calls `pwned(…)`, what loads asks
// `canary.invalid`: whoever opens the pages watches for both.

/** One way of getting markup, script or control characters through a careless output. */
export interface Payload {
  name: string
  /** `place` says which field it stood in, should it run. */
  of(place: string): string
}

export const PAYLOADS: readonly Payload[] = [
  { name: 'script', of: (place) => `<script>pwned('${place}')</script>` },
  { name: 'img onerror', of: (place) => `"'><img src=x onerror="pwned('${place}')">` },
  {
    name: 'svg onload',
    of: (place) => `<svg/onload=pwned('${place}')><animate onbegin=pwned(1) attributeName=x>`,
  },
  { name: 'javascript link', of: (place) => `javascript:pwned('${place}')//https://canary.invalid/` },
  { name: 'hidden javascript link', of: (place) => `\u0001java\tscript:pwned('${place}')` },
  { name: 'data link', of: (place) => `data:text/html,<script>parent.pwned('${place}')</script>` },
  {
    name: 'template',
    of: (place) => `{{constructor.constructor("pwned('${place}')")()}}\${pwned(1)}<%=pwned(1)%>`,
  },
  {
    name: 'markdown',
    of: (place) =>
      `[a](javascript:pwned('${place}')) ![b](https://canary.invalid/${place}.png) <https://canary.invalid>`,
  },
  {
    name: 'closing tags',
    of: (place) =>
      `</textarea></title></style></script><!--></pre><iframe srcdoc="<script>parent.pwned('${place}')</script>"></iframe><link rel=stylesheet href=https://canary.invalid/x.css>`,
  },
  { name: 'quotes', of: (place) => `' onmouseover=pwned('${place}') autofocus onfocus="pwned(1)" x='` },
  {
    name: 'bidi and ANSI',
    of: (place) => `\u202Egnp.exe\u2066\u001B[31m\u001B]0;${place}\u0007\u0000\uD800`,
  },
  { name: 'formula', of: (place) => `=HYPERLINK("https://canary.invalid/${place}","x")` },
]

/** The event as JSON text. Everything that can hold a string holds the payload. */
export function hostileEvent(payload: Payload, eventId: string): string {
  const p = (place: string) => payload.of(place)
  const frame = {
    function: p('function'),
    module: p('module'),
    filename: p('filename'),
    abs_path: p('abs_path'),
    lineno: 7,
    colno: 3,
    in_app: true,
    pre_context: [p('pre_context')],
    context_line: p('context_line'),
    post_context: [p('post_context')],
    vars: { [p('var_key')]: p('var'), nested: { list: [p('var_nested')] } },
    package: p('package'),
  }
  const event = {
    event_id: eventId,
    platform: 'javascript',
    level: 'error',
    logger: p('logger'),
    transaction: p('transaction'),
    server_name: p('server_name'),
    release: p('release'),
    dist: p('dist'),
    environment: p('environment')
      .replace(/[\n\r/]/g, ' ')
      .slice(0, 60),
    message: p('message'),
    logentry: { message: p('logentry'), formatted: p('formatted'), params: [p('param')] },
    modules: { [p('module_name')]: p('module_version') },
    fingerprint: [payload.name, p('fingerprint')],
    exception: {
      values: [
        {
          type: p('cause_type'),
          value: p('cause_value'),
          module: p('exception_module'),
          thread_id: p('thread_id'),
          mechanism: {
            type: p('mechanism'),
            handled: false,
            description: p('description'),
            help_link: p('help_link'),
            data: { [p('mechanism_key')]: p('mechanism_data') },
          },
          stacktrace: { frames: [frame, { ...frame, in_app: false }] },
        },
        { type: p('type'), value: p('value'), stacktrace: { frames: [frame] } },
      ],
    },
    threads: {
      values: [
        { id: 1, name: p('thread'), state: p('state'), crashed: true, stacktrace: { frames: [frame] } },
      ],
    },
    breadcrumbs: {
      values: [
        {
          type: 'http',
          category: p('category'),
          message: p('crumb'),
          level: 'error',
          data: { url: p('crumb_url'), [p('crumb_key')]: p('crumb_data') },
        },
        { type: 'navigation', data: { from: p('from'), to: p('to') } },
        { type: p('crumb_type'), message: p('crumb_plain') },
      ],
    },
    tags: { [p('tag_key').slice(0, 200)]: 'value of a hostile key', hostile: p('tag'), url: p('tag_url') },
    user: {
      id: p('user_id'),
      email: p('email'),
      username: p('username'),
      ip_address: '203.0.113.7',
      name: p('user_name'),
      data: { [p('user_key')]: p('user_data') },
      geo: { city: p('city') },
    },
    request: {
      url: p('request_url'),
      method: p('method'),
      query_string: p('query'),
      cookies: { [p('cookie_name')]: p('cookie_value') },
      headers: { Referer: p('referer'), 'User-Agent': p('user_agent'), [p('header')]: p('header_value') },
      data: { [p('body_key')]: p('body') },
      env: { REMOTE_ADDR: p('remote') },
      fragment: p('fragment'),
    },
    contexts: {
      os: { name: p('os'), version: p('os_version') },
      browser: { name: p('browser'), version: p('browser_version') },
      device: { model: p('device'), family: p('family') },
      runtime: { name: p('runtime'), version: p('runtime_version') },
      app: { app_name: p('app') },
      trace: { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331', op: p('op') },
      [p('context')]: { [p('context_key')]: p('context_value') },
    },
    extra: { [p('extra_key')]: p('extra'), deep: { list: [p('extra_list'), { x: p('extra_deep') }] } },
    sdk: {
      name: p('sdk'),
      version: p('sdk_version'),
      integrations: [p('integration')],
      packages: [{ name: p('sdk_package'), version: '1' }],
    },
    debug_meta: { images: [{ type: 'sourcemap', code_file: p('code_file'), debug_id: p('debug_id') }] },
    errors: [{ type: p('sdk_error'), name: p('sdk_error_name'), value: p('sdk_error_value') }],
    [p('unknown_field')]: p('unknown_value'),
  }
  // Written by hand: an object literal would set its prototype instead.
  const polluted = `{"__proto__":{"polluted":${JSON.stringify(p('proto'))}},"constructor":{"prototype":{"polluted":1}},`
  return JSON.stringify(event)
    .replace('"tags":{', `"tags":${polluted.replace(/"constructor".*$/, '')}`)
    .replace('"extra":{', `"extra":${polluted}`)
    .replace('"contexts":{', `"contexts":${polluted}`)
    .replace('"vars":{', `"vars":${polluted}`)
    .replace(/^\{/, `{"__proto__":{"polluted":1},`)
}

/** As an SDK sends it, with files whose names attack as well. */
export function hostileEnvelope(payload: Payload, eventId: string): string {
  const event = hostileEvent(payload, eventId)
  const file = payload.of('attachment')
  const attachment = {
    type: 'attachment',
    length: file.length,
    filename: payload.of('filename'),
    content_type: payload.of('content_type'),
  }
  // Lengths count bytes.
  return [
    JSON.stringify({ event_id: eventId, sdk: { name: payload.of('envelope_sdk'), version: '1' } }),
    JSON.stringify({ type: 'event', length: Buffer.byteLength(event) }),
    event,
    JSON.stringify({ ...attachment, length: Buffer.byteLength(file) }),
    file,
    '',
  ].join('\n')
}
