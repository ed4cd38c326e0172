// The warehouse: a Django application with Celery workers, a label agent in Go, hand-held scanners in Java and an old
// back office in Ruby. Small programs report into the same project; their events carry platforms of their own.
import {
  chain,
  releaseAt,
  steps,
  type Catalogue,
  type Payload,
  type Problem,
  type Release,
  type Scene,
} from './problem.ts'
import { library, openSources, type Frame } from './sources.ts'

const { at } = openSources('warehouse')

const RELEASES: Release[] = [
  { name: 'warehouse@1.30.2', daysAgo: 30 },
  { name: 'warehouse@1.31.0', daysAgo: 9.3 },
  { name: 'warehouse@1.32.0', daysAgo: 2.2 },
]

// ── Stacks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const SITE_PACKAGES = '/usr/local/lib/python3.13/site-packages'
const foreign = (file: string, name: string, lineno: number): Frame => ({
  ...library(file, name, lineno),
  module: file.replace(/\.py$/, '').replaceAll('/', '.'),
  abs_path: `${SITE_PACKAGES}/${file}`,
})
/** Python's frames carry the local variables. */
const own = (file: string, name: string, piece: string, vars: Record<string, unknown> = {}): Frame => ({
  ...at(file, name, piece),
  module: file.replace(/\.py$/, '').replaceAll('/', '.'),
  abs_path: `/srv/warehouse/${file}`,
  colno: undefined,
  vars,
})
const inTask = (...frames: Frame[]): Frame[] => [
  foreign('celery/app/trace.py', 'trace_task', 453),
  foreign('celery/app/trace.py', '__protected_call__', 736),
  ...frames,
]
const inView = (...frames: Frame[]): Frame[] => [
  foreign('django/core/handlers/exception.py', 'inner', 55),
  foreign('django/core/handlers/base.py', '_get_response', 197),
  foreign('django/views/decorators/http.py', 'inner', 64),
  ...frames,
]
const inCelery = { type: 'celery', handled: false }
const inDjango = { type: 'django', handled: false }

// ── What was going on ──────────────────────────────────────────────────────────────────────────────────────────────

const query = (before: number, sql: string) => ({
  before,
  type: 'default',
  category: 'query',
  message: sql,
  data: {},
})
const logged = (before: number, logger: string, message: string, level = 'info') => ({
  before,
  type: 'log',
  category: logger,
  message,
  level,
})
const called = (before: number, method: string, url: string, status: number) => ({
  before,
  type: 'http',
  category: 'httplib',
  data: { method, url, status_code: status },
})

const task = (
  { draw, at: moment }: Scene,
  name: string,
  args: unknown[],
  last: Parameters<typeof steps>[1] = [],
): Payload => ({
  transaction: name,
  tags: { celery_task: name.split('.').at(-1)!, queue: draw.pick(['default', 'default', 'printing']) },
  contexts: { 'celery-job': { task_name: name, args, retries: draw.whole(0, 2) } },
  extra: { 'celery-job': { task_name: name, args } },
  breadcrumbs: steps(moment, [
    logged(1.8, 'celery.worker.strategy', `Task ${name}[${draw.hex(8)}] received`),
    ...last,
  ]),
  user: undefined,
})

const view = (
  { draw, at: moment }: Scene,
  method: string,
  path: string,
  route: string,
  more: Payload = {},
): Payload => ({
  transaction: route,
  request: {
    method,
    url: `https://warehouse.example.org${path}`,
    env: { SERVER_NAME: 'warehouse', SERVER_PORT: '8001' },
    ...more,
  },
  breadcrumbs: steps(moment, [
    query(
      0.09,
      'SELECT "auth_user"."id", "auth_user"."username" FROM "auth_user" WHERE "auth_user"."id" = %s LIMIT 21',
    ),
    logged(0.05, 'warehouse.api', `${method} ${route} by station ${draw.whole(1, 24)}`),
  ]),
  user: { username: `station-${draw.whole(1, 24)}` },
})

const sku = (scene: Scene) => `SKU-${scene.draw.whole(1000, 9999)}`

const PROBLEMS: Problem[] = [
  {
    name: 'nothing in stock',
    share: 120,
    when: { rhythm: 'warehouse' },
    event(scene) {
      const wanted = sku(scene)
      const quantity = scene.draw.whole(1, 12)
      return {
        exception: chain(
          {
            type: 'DoesNotExist',
            module: 'warehouse.inventory.models',
            value: 'Stock matching query does not exist.',
            frames: [
              own('warehouse/picking/allocate.py', 'allocate', 'stock = Stock.objects.select_for_update()', {
                sku: `'${wanted}'`,
                quantity: String(quantity),
              }),
              foreign('django/db/models/query.py', 'get', 635),
            ],
          },
          {
            type: 'AllocationError',
            module: 'warehouse.picking.allocate',
            value: `No stock for ${wanted}: ${quantity} wanted`,
            mechanism: inCelery,
            frames: inTask(
              own('warehouse/picking/tasks.py', 'build_pick_list', 'allocate(line.sku, line.quantity)', {
                order_id: String(scene.draw.whole(41_000, 62_000)),
                priority: "'normal'",
                line: `<OrderLine: ${wanted} × ${quantity}>`,
              }),
              own('warehouse/picking/allocate.py', 'allocate', 'raise AllocationError(', {
                sku: `'${wanted}'`,
                quantity: String(quantity),
              }),
            ),
          },
        ),
        ...task(
          scene,
          'warehouse.picking.tasks.build_pick_list',
          [scene.draw.whole(41_000, 62_000)],
          [query(0.2, 'SELECT … FROM "inventory_stock" WHERE ("available" >= %s AND "sku" = %s) FOR UPDATE')],
        ),
      }
    },
  },
  {
    name: 'parcel without a weight',
    share: 34,
    // Resolved, then back with 1.32.0.
    when: { rhythm: 'warehouse', quiet: [8.6, 2.2] },
    history: [{ daysAgo: 8.5, status: 'resolved' }],
    event: (scene) => ({
      exception: chain({
        type: 'KeyError',
        value: "'weight_g'",
        mechanism: inCelery,
        frames: inTask(
          own('warehouse/picking/tasks.py', 'print_label', 'label = render_label(shipment)', {
            shipment_id: String(scene.draw.whole(90_000, 99_999)),
          }),
          own('warehouse/labels/render.py', 'render_label', 'parcel["weight_g"] / GRAMS_PER_KG', {
            parcel: `{'tracking': '${scene.draw.whole(10_000_000, 99_999_999)}', 'size': 'M'}`,
            label: '<Label 812×1218>',
          }),
        ),
      }),
      ...task(scene, 'warehouse.picking.tasks.print_label', [scene.draw.whole(90_000, 99_999)]),
    }),
  },
  {
    name: 'carrier does not answer',
    share: 66,
    when: {
      rhythm: 'warehouse',
      bursts: [
        { daysAgo: 5.9, hours: 3, share: 0.35 },
        { daysAgo: 1.9, hours: 2, share: 0.25 },
      ],
    },
    event: (scene) => ({
      exception: chain(
        {
          type: 'TimeoutError',
          value: 'The read operation timed out',
          frames: [
            {
              ...library('ssl.py', 'read', 1138),
              module: 'ssl',
              abs_path: '/usr/local/lib/python3.13/ssl.py',
            },
          ],
        },
        {
          type: 'ReadTimeoutError',
          module: 'urllib3.exceptions',
          value:
            "HTTPSConnectionPool(host='api.northpost.example.net', port=443): Read timed out. (read timeout=10)",
          frames: [
            foreign('urllib3/connectionpool.py', '_make_request', 536),
            foreign('urllib3/connectionpool.py', '_raise_timeout', 367),
          ],
        },
        {
          type: 'ReadTimeout',
          module: 'requests.exceptions',
          value:
            "HTTPSConnectionPool(host='api.northpost.example.net', port=443): Read timed out. (read timeout=10)",
          mechanism: inCelery,
          frames: inTask(
            own('warehouse/carriers/tasks.py', 'book_shipment', 'create_shipment(carrier', {
              shipment_id: String(scene.draw.whole(90_000, 99_999)),
              carrier: '<Carrier: northpost>',
            }),
            own('warehouse/carriers/client.py', 'create_shipment', 'response = session.post(', {
              carrier: '<Carrier: northpost>',
              payload: { parcels: scene.draw.whole(1, 3), service: 'standard' },
            }),
            foreign('requests/sessions.py', 'request', 589),
            foreign('requests/adapters.py', 'send', 713),
          ),
        },
      ),
      ...task(
        scene,
        'warehouse.carriers.tasks.book_shipment',
        [scene.draw.whole(90_000, 99_999)],
        [called(11, 'GET', 'https://api.northpost.example.net/v2/ping', 200)],
      ),
    }),
  },
  {
    name: 'two syncs in each other’s way',
    share: 9,
    when: { rhythm: 'night' },
    event: (scene) => ({
      exception: chain(
        {
          type: 'DeadlockDetected',
          module: 'psycopg.errors',
          value: 'deadlock detected',
          frames: [foreign('psycopg/cursor.py', 'execute', 97)],
        },
        {
          type: 'OperationalError',
          module: 'django.db.utils',
          value:
            'deadlock detected\nDETAIL:  Process 4182 waits for ShareLock on transaction 99120; blocked by process 4190.',
          mechanism: inCelery,
          frames: inTask(
            own('warehouse/inventory/sync.py', 'sync_supplier', '            apply_row(supplier, row)', {
              supplier_code: "'ACME'",
            }),
            foreign('django/db/models/query.py', 'get', 629),
            own('warehouse/inventory/sync.py', 'apply_row', 'get(supplier=supplier', {
              row: "{'sku': 'SKU-4411', 'quantity': '40'}",
            }),
          ),
        },
      ),
      ...task(scene, 'warehouse.inventory.sync.sync_supplier', ['ACME']),
    }),
  },
  {
    name: 'report of a day without picking',
    share: 2,
    when: { rhythm: 'night' },
    event: (scene) => ({
      exception: chain({
        type: 'ZeroDivisionError',
        value: 'division by zero',
        mechanism: inCelery,
        frames: inTask(
          own('warehouse/reports/daily.py', 'daily_report', 'average = minutes / lists.count()', {
            day: `datetime.date(${new Date(scene.at).toISOString().slice(0, 10).replaceAll('-', ', ')})`,
            minutes: '0',
            lists: '<QuerySet []>',
          }),
        ),
      }),
      ...task(scene, 'warehouse.reports.daily.daily_report', [new Date(scene.at).toISOString().slice(0, 10)]),
    }),
  },
  {
    name: 'feed in another encoding',
    share: 5,
    when: { rhythm: 'night', since: 12 },
    event: (scene) => ({
      exception: chain({
        type: 'UnicodeDecodeError',
        value: `'utf-8' codec can't decode byte 0xe4 in position ${scene.draw.whole(120, 9_000)}: invalid continuation byte`,
        mechanism: inCelery,
        frames: inTask(
          own('warehouse/inventory/sync.py', 'sync_supplier', 'for row in read_rows(feed):', {
            supplier_code: "'BERGMANN'",
          }),
          own('warehouse/inventory/sync.py', 'read_rows', 'feed.read().decode("utf-8")', {
            feed: '<HTTPResponse 200>',
          }),
        ),
      }),
      ...task(
        scene,
        'warehouse.inventory.sync.sync_supplier',
        ['BERGMANN'],
        [called(1, 'GET', 'https://bergmann.example.com/feed.csv', 200)],
      ),
    }),
  },
  {
    name: 'printer out of paper',
    share: 44,
    when: { rhythm: 'warehouse' },
    event(scene) {
      const printer = `zebra-${scene.draw.whole(1, 9)}`
      return {
        level: 'warning',
        logger: 'warehouse.printers',
        logentry: {
          message: 'Label printer %s is out of paper',
          params: [printer],
          formatted: `Label printer ${printer} is out of paper`,
        },
        ...task(scene, 'warehouse.printers.monitor.check_printers', []),
      }
    },
  },
  {
    name: 'sync takes too long',
    share: 19,
    when: { rhythm: 'steady', since: 2.2 },
    event: (scene) => ({
      exception: chain({
        type: 'SoftTimeLimitExceeded',
        module: 'billiard.exceptions',
        value: 'SoftTimeLimitExceeded()',
        mechanism: inCelery,
        frames: inTask(
          own('warehouse/inventory/sync.py', 'sync_supplier', '            apply_row(supplier, row)', {
            supplier_code: "'KOLIBRI'",
          }),
          own('warehouse/inventory/sync.py', 'apply_row', 'stock.save(update_fields=["incoming"])', {
            row: "{'sku': 'SKU-7702', 'quantity': '12'}",
          }),
          foreign('billiard/pool.py', 'soft_timeout_sighandler', 229),
        ),
      }),
      ...task(
        scene,
        'warehouse.inventory.sync.sync_supplier',
        ['KOLIBRI'],
        [
          logged(120, 'warehouse.inventory', 'Feed of KOLIBRI: 48112 rows'),
          logged(60, 'warehouse.inventory', '21004 rows applied'),
        ],
      ),
    }),
  },
  {
    name: 'less than nothing in stock',
    share: 15,
    when: { rhythm: 'warehouse' },
    event: (scene) => ({
      exception: chain({
        type: 'ValidationError',
        module: 'django.core.exceptions',
        value: "{'available': ['Ensure this value is greater than or equal to 0.']}",
        mechanism: inDjango,
        frames: inView(
          own('warehouse/api/views.py', 'correct_stock', 'stock.full_clean()', {
            sku: `'${sku(scene)}'`,
            stock: '<Stock: 3>',
          }),
          foreign('django/db/models/base.py', 'full_clean', 1676),
        ),
      }),
      ...view(scene, 'PATCH', '/api/stock/SKU-2204', '/api/stock/{sku}', {
        data: { difference: -scene.draw.whole(4, 40) },
      }),
    }),
  },
  {
    name: 'asked for by a strange name',
    share: 76,
    when: { rhythm: 'steady' },
    history: [{ daysAgo: 13, status: 'archived' }],
    event: (scene) => ({
      exception: chain({
        type: 'DisallowedHost',
        module: 'django.core.exceptions',
        value: "Invalid HTTP_HOST header: '203.0.113.9'. You may need to add '203.0.113.9' to ALLOWED_HOSTS.",
        mechanism: inDjango,
        frames: [
          foreign('django/core/handlers/exception.py', 'inner', 55),
          foreign('django/middleware/common.py', 'process_request', 48),
          foreign('django/http/request.py', 'get_host', 202),
        ],
      }),
      ...view(
        scene,
        'GET',
        scene.draw.pick(['/', '/wp-login.php', '/.env', '/admin/login']),
        'process_request',
      ),
      user: { ip_address: `198.51.100.${scene.draw.whole(2, 250)}` },
    }),
  },
  {
    name: 'place without a bin',
    share: 48,
    when: { rhythm: 'warehouse', since: 9.3 },
    event: (scene) => ({
      exception: chain({
        type: 'AttributeError',
        value: "'NoneType' object has no attribute 'bin_code'",
        mechanism: inDjango,
        frames: inView(
          own('warehouse/api/views.py', 'locate', '"bin": location.bin_code', {
            location: 'None',
            sku: `'${sku(scene)}'`,
          }),
        ),
      }),
      ...view(scene, 'GET', `/api/stock/${sku(scene)}/location`, '/api/stock/{sku}/location'),
    }),
  },
  {
    name: 'report too large',
    share: 0.5,
    when: { rhythm: 'night', since: 4 },
    event: (scene) => ({
      level: 'fatal',
      exception: chain({
        type: 'MemoryError',
        value: '',
        mechanism: inCelery,
        frames: inTask(
          own('warehouse/reports/daily.py', 'daily_report', 'pages = [render_page(item)', {
            minutes: '48 214',
            average: '11.2',
          }),
        ),
      }),
      ...task(scene, 'warehouse.reports.daily.daily_report', [new Date(scene.at).toISOString().slice(0, 10)]),
    }),
  },
  {
    name: 'supplier gone (Ruby)',
    share: 10,
    when: { rhythm: 'warehouse' },
    event(scene) {
      const id = scene.draw.whole(10, 480)
      const gem = (file: string, name: string, lineno: number) =>
        library(`/usr/local/bundle/gems/${file}`, name, lineno)
      return {
        platform: 'ruby',
        release: 'back-office@0.94',
        sdk: { name: 'sentry.ruby.rails', version: '5.28.0' },
        contexts: { runtime: { name: 'ruby', version: '3.4.7' }, os: { name: 'Debian', version: '12' } },
        exception: chain({
          type: 'ActiveRecord::RecordNotFound',
          value: `Couldn't find Supplier with 'id'=${id} [WHERE "suppliers"."active" = $1]`,
          mechanism: { type: 'rails', handled: false },
          frames: [
            gem('rack-3.2.4/lib/rack/method_override.rb', 'Rack::MethodOverride#call', 28),
            gem(
              'actionpack-8.1.1/lib/abstract_controller/callbacks.rb',
              'AbstractController::Callbacks#process_action',
              269,
            ),
            {
              ...at(
                'app/controllers/suppliers_controller.rb',
                'SuppliersController#load_supplier',
                'Supplier.active.find(',
              ),
              colno: undefined,
            },
          ],
        }),
        transaction: 'SuppliersController#show',
        request: { method: 'GET', url: `https://office.example.org/suppliers/${id}` },
        user: { username: scene.draw.pick(['p.hansen', 'm.ferrari', 'k.osei']) },
        tags: { queue: undefined },
      }
    },
  },
  {
    name: 'printer not ready (Go)',
    share: 23,
    when: { rhythm: 'warehouse', since: 11 },
    event: (scene) => ({
      platform: 'go',
      release: 'label-agent@0.7.1',
      server_name: `station-${scene.draw.whole(1, 24)}`,
      sdk: { name: 'sentry.go', version: '0.36.0' },
      contexts: {
        runtime: { name: 'go', version: 'go1.25.4', go_maxprocs: 4 },
        os: { name: 'linux' },
        device: { arch: 'arm64' },
      },
      exception: chain(
        { type: '*errors.errorString', value: 'device not ready' },
        {
          type: '*fmt.wrapError',
          value: 'printer agent: lp0: device not ready',
          frames: [
            { ...library('/usr/local/go/src/runtime/proc.go', 'main', 283), module: 'runtime' },
            { ...at('cmd/agent/main.go', 'main', 'report(err)'), module: 'main', colno: undefined },
            {
              ...at('agent/printer.go', '(*Printer).Print', 'return fmt.Errorf('),
              module: 'example.org/warehouse/agent',
              colno: undefined,
            },
          ],
        },
      ),
      user: undefined,
      tags: { printer: 'lp0' },
    }),
  },
  {
    name: 'nothing scanned (Java)',
    share: 41,
    when: { rhythm: 'warehouse', since: 13 },
    event: (scene) =>
      scanner(scene, {
        level: 'fatal',
        exception: chain({
          type: 'NullPointerException',
          module: 'java.lang',
          value:
            "Attempt to invoke virtual method 'java.lang.String org.example.scanner.Barcode.getText()' on a null object reference",
          mechanism: { type: 'UncaughtExceptionHandler', handled: false },
          frames: [
            android('com.android.internal.os.ZygoteInit', 'main', 1018),
            android('android.app.ActivityThread', 'main', 8919),
            android('android.os.Handler', 'handleCallback', 959),
            java('ScanActivity.java', 'onBarcode', 'barcode.getText()', 'org.example.scanner.ScanActivity'),
          ],
        }),
      }),
  },
  {
    name: 'scan queue unreadable (Java)',
    share: 6,
    when: { rhythm: 'warehouse', since: 4.5 },
    event: (scene) =>
      scanner(scene, {
        exception: chain(
          {
            type: 'EOFException',
            module: 'java.io',
            value: '',
            frames: [
              {
                ...library('ObjectInputStream.java', 'readStreamHeader', 987),
                module: 'java.io.ObjectInputStream',
              },
              java('ScanQueue.java', 'restore', 'new ObjectInputStream(', 'org.example.scanner.ScanQueue'),
            ],
          },
          {
            type: 'IllegalStateException',
            module: 'java.lang',
            value: 'Scan queue could not be restored',
            frames: [
              android('android.app.ActivityThread', 'performResumeActivity', 5203),
              android('android.app.Activity', 'performResume', 8631),
              java('ScanActivity.java', 'onResume', 'queue.restore(', 'org.example.scanner.ScanActivity'),
              java(
                'ScanQueue.java',
                'restore',
                'throw new IllegalStateException(',
                'org.example.scanner.ScanQueue',
              ),
            ],
          },
        ),
      }),
  },
]

function java(file: string, name: string, piece: string, module: string): Frame {
  return { ...at(file, name, piece), module, colno: undefined }
}
function android(module: string, name: string, lineno: number): Frame {
  return { ...library(`${module.split('.').at(-1)}.java`, name, lineno), module }
}
function scanner({ draw, at: moment }: Scene, event: Payload): Payload {
  return {
    platform: 'java',
    release: 'scanner@3.2.0+118',
    sdk: { name: 'sentry.java.android', version: '8.27.0' },
    contexts: {
      os: { name: 'Android', version: '13', build: 'TQ3A.230805.001' },
      device: {
        manufacturer: 'Zebra',
        brand: 'zebra',
        model: draw.pick(['TC22', 'TC27', 'MC3400']),
        battery_level: draw.whole(8, 100),
        free_memory: draw.whole(2e8, 1.4e9),
        online: draw.chance(0.95),
      },
      app: { app_identifier: 'org.example.scanner', app_version: '3.2.0', app_build: '118' },
    },
    user: { id: `device-${1_000 + draw.whole(1, 38) * 13}`, username: `station-${draw.whole(1, 24)}` },
    breadcrumbs: steps(moment, [
      {
        before: 40,
        type: 'navigation',
        category: 'ui.lifecycle',
        data: { screen: 'ScanActivity', state: 'resumed' },
      },
      { before: 12, type: 'system', category: 'device.event', message: 'Battery low', level: 'warning' },
      { before: 0.6, type: 'user', category: 'ui.click', message: 'button/trigger' },
    ]),
    ...event,
  }
}

export const warehouse: Catalogue = {
  project: { slug: 'warehouse', name: 'Warehouse', platform: 'django' },
  problems: PROBLEMS,
  surroundings(scene) {
    const { draw, environment } = scene
    const server =
      environment === 'production' ? draw.pick(['worker-a', 'worker-b', 'web-1']) : `worker-${environment}`
    return {
      platform: 'python',
      environment,
      release: releaseAt(RELEASES, scene),
      server_name: server,
      tags: {
        site: draw.weighted([
          ['hamburg', 5],
          ['lyon', 3],
          ['poznan', 2],
        ]),
        server_name: server,
      },
      contexts: {
        runtime: { name: 'CPython', version: '3.13.9' },
        os: { name: 'Debian', version: '12' },
        trace: { trace_id: draw.hex(32), span_id: draw.hex(16) },
      },
      sdk: { name: 'sentry.python.django', version: '2.68.0' },
      modules: { django: '5.2.8', celery: '5.6.0', psycopg: '3.2.12', requests: '2.32.5', redis: '7.1.0' },
      extra: { 'sys.argv': ['celery', '-A', 'warehouse', 'worker'] },
    }
  },
  headers: () => ({
    Host: 'warehouse.example.org',
    'User-Agent': 'station-client/2.4',
    Accept: 'application/json',
  }),
}
