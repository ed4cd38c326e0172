// The shop's back end: Node, Express, PostgreSQL, Redis, a payment gateway and the warehouse behind HTTP.
import type { Draw } from './draw.ts'
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

const { at } = openSources('shop-api')
const SERVERS = ['api-1', 'api-2', 'api-3', 'api-4']

export const RELEASES: Release[] = [
  { name: 'shop-api@2.12.3', daysAgo: 30 },
  { name: 'shop-api@2.13.0', daysAgo: 11.2 },
  { name: 'shop-api@2.13.1', daysAgo: 8.3 },
  { name: 'shop-api@2.14.0', daysAgo: 3.2 },
  { name: 'shop-api@2.14.1', daysAgo: 3.08 },
  { name: 'shop-api@2.15.0', daysAgo: 0.9 },
]

// ── Stacks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const TICK = library('node:internal/process/task_queues', 'process.processTicksAndRejections', 105, 5)
const ROUTER = [
  library('/app/node_modules/router/lib/layer.js', 'Layer.handleRequest', 152, 17),
  library('/app/node_modules/router/lib/route.js', 'next', 157, 13),
  library('/app/node_modules/router/lib/route.js', 'Route.dispatch', 117, 3),
  library('/app/node_modules/router/index.js', 'router.handle', 435, 11),
]
const inRoute = (...frames: Frame[]): Frame[] => [...ROUTER, TICK, ...frames]
const inJob = (...frames: Frame[]): Frame[] => [
  library('node:internal/timers', 'listOnTimeout', 588, 17),
  library('node:internal/timers', 'process.processTimers', 523, 7),
  TICK,
  ...frames,
]
const fetching = [library('node:internal/deps/undici/undici', 'fetch', 15422, 13), TICK]
const connecting = [library('node:net', 'TCPConnectWrap.afterConnect', 1637, 16)]

const ORDER_ROUTE = at('src/http/routes/orders.ts', 'ordersRouter.post', 'await placeOrder(')
const uncaught = { type: 'auto.node.onuncaughtexception', handled: false }
const rejected = { type: 'auto.node.onunhandledrejection', handled: false }
const unhandled = { type: 'auto.http.express', handled: false }

// ── What was going on ──────────────────────────────────────────────────────────────────────────────────────────────

interface Call {
  method: string
  path: string
  route?: string
  data?: unknown
  query?: string
}

/** The request that was being answered. */
const during = ({ method, path, route = path, data, query }: Call): Payload => ({
  transaction: `${method} ${route}`,
  request: {
    method,
    url: `https://api.shop.example.org${path}`,
    ...(query ? { query_string: query } : {}),
    ...(data ? { data } : {}),
  },
})

const orderCall = (draw: Draw): Call => ({
  method: 'POST',
  path: '/api/orders',
  data: {
    lines: Array.from({ length: draw.whole(1, 3) }, () => ({
      productId: draw.whole(100, 940),
      quantity: draw.whole(1, 4),
    })),
    deliverBy: '2026-12-04',
    idempotencyKey: draw.hex(16),
  },
})

const queryStep = (before: number, sql: string, ms: number) => ({
  before,
  type: 'query',
  category: 'query',
  message: sql,
  data: { duration_ms: ms },
})
const httpStep = (before: number, method: string, url: string, status: number) => ({
  before,
  type: 'http',
  category: 'http',
  data: { method, url, status_code: status },
  ...(status >= 500 ? { level: 'error' } : status >= 400 ? { level: 'warning' } : {}),
})
const logStep = (before: number, message: string, level = 'info') => ({
  before,
  category: 'console',
  message,
  level,
})

/** The way to an order, up to where it broke. */
function orderSteps({ draw, at: moment, person }: Scene, last: Parameters<typeof steps>[1]): Payload {
  const product = draw.whole(100, 940)
  return {
    breadcrumbs: steps(moment, [
      { before: 2.9, category: 'auth', message: `Session of customer ${person.id} read`, level: 'info' },
      queryStep(2.7, `select * from products where id = any($1)`, draw.whole(2, 19)),
      {
        before: 2.5,
        type: 'query',
        category: 'redis',
        message: `GET cart:${draw.hex(8)}`,
        data: { hit: draw.chance(0.9) },
      },
      logStep(2.4, `Pricing ${draw.whole(1, 5)} lines for tier ${person.tier}`),
      httpStep(2.1, 'GET', `http://catalogue.internal:8080/products/${product}`, 200),
      ...last,
    ]),
  }
}

const PROBLEMS: Problem[] = [
  {
    name: 'product gone from the catalogue',
    share: 190,
    // The deploy of 2.14.0 broke it, 2.14.1 three hours later mended it.
    when: { rhythm: 'shop', since: 3.2, until: 3.05, bursts: [{ daysAgo: 3.2, hours: 3, share: 0.97 }] },
    history: [{ daysAgo: 2.9, status: 'resolved' }],
    event: (scene) => ({
      exception: chain({
        type: 'TypeError',
        value: "Cannot read properties of undefined (reading 'sku')",
        mechanism: unhandled,
        frames: inRoute(
          ORDER_ROUTE,
          at('src/orders/place-order.ts', 'placeOrder', 'lines.map((line) => line.product.sku)'),
          library('<anonymous>', 'Array.map', 0),
          at('src/orders/place-order.ts', '<anonymous>', 'line.product.sku'),
        ),
      }),
      ...during(orderCall(scene.draw)),
      ...orderSteps(scene, [queryStep(0.04, 'select id, price from products where id = any($1)', 3)]),
    }),
  },
  {
    name: 'card declined',
    share: 130,
    when: { rhythm: 'shop' },
    event(scene) {
      const reason = scene.draw.weighted([
        ['insufficient_funds', 6],
        ['do_not_honor', 3],
        ['expired_card', 2],
      ])
      return {
        level: 'warning',
        exception: chain(
          {
            type: 'CardError',
            value: 'Your card was declined.',
            frames: [
              ...fetching,
              library('/app/node_modules/@gateway/sdk/lib/transport.js', 'Transport.request', 188, 15),
              library('/app/node_modules/@gateway/sdk/lib/resources/charges.js', 'Charges.create', 41, 12),
              at('src/payments/charge-card.ts', 'chargeCard', 'gateway.charges.create('),
            ],
          },
          {
            type: 'PaymentDeclinedError',
            value: 'Card declined',
            frames: inRoute(
              ORDER_ROUTE,
              at('src/orders/place-order.ts', 'placeOrder', 'await chargeCard('),
              at('src/payments/charge-card.ts', 'chargeCard', 'throw new PaymentDeclinedError('),
            ),
          },
        ),
        tags: { 'payment.reason': reason },
        extra: {
          amount: scene.draw.whole(900, 24_000) / 100,
          currency: 'EUR',
          attempt: scene.draw.whole(1, 3),
        },
        ...during(orderCall(scene.draw)),
        ...orderSteps(scene, [httpStep(0.2, 'POST', 'https://gateway.example.net/v1/charges', 402)]),
      }
    },
  },
  {
    name: 'warehouse out of reach',
    share: 64,
    // Began two days ago, with the new network of the warehouse.
    when: { rhythm: 'shop', since: 2 },
    event: (scene) => ({
      exception: chain(
        {
          type: 'ConnectTimeoutError',
          value: 'Connect Timeout Error (attempted address: 10.0.30.4:8443, timeout: 4000ms)',
          frames: [...fetching, library('node:internal/deps/undici/undici', 'onConnectTimeout', 8412, 28)],
        },
        {
          type: 'StockReservationError',
          value: `${scene.draw.whole(1, 6)} lines could not be reserved`,
          frames: [
            TICK,
            at('src/stock/warehouse-client.ts', 'call', 'await fetch('),
            at('src/stock/reserve.ts', 'reserveStock', 'throw new StockReservationError('),
          ],
        },
        {
          type: 'OrderFailedError',
          value: 'Order could not be placed',
          mechanism: unhandled,
          frames: inRoute(
            ORDER_ROUTE,
            at('src/orders/place-order.ts', 'placeOrder', "throw new OrderFailedError('Order could not"),
          ),
        },
      ),
      ...during(orderCall(scene.draw)),
      ...orderSteps(scene, [
        httpStep(1.9, 'GET', 'https://warehouse.internal:8443/health', 200),
        { ...logStep(0.1, 'Reservation attempt 1 timed out after 4000 ms', 'warning') },
      ]),
    }),
  },
  {
    name: 'redis away',
    share: 120,
    // An outage of 40 minutes.
    when: { rhythm: 'shop', since: 6.3, until: 6.2, bursts: [{ daysAgo: 6.3, hours: 0.7, share: 0.98 }] },
    history: [{ daysAgo: 6, status: 'resolved' }],
    event: (scene) => ({
      level: scene.draw.chance(0.1) ? 'fatal' : 'error',
      exception: chain({
        type: 'Error',
        value: 'connect ECONNREFUSED 10.0.12.7:6379',
        mechanism: unhandled,
        frames: [
          ...connecting,
          library(
            '/app/node_modules/@redis/client/dist/lib/client/socket.js',
            'RedisSocket.#connect',
            102,
            20,
          ),
          at('src/cart/cart-store.ts', 'loadCart', "redis.get('cart:'"),
        ],
      }),
      ...during({ method: 'GET', path: '/api/cart' }),
      breadcrumbs: steps(scene.at, [
        { before: 8, type: 'query', category: 'redis', message: 'GET cart:7c1f03aa', level: 'info' },
        logStep(4, 'Redis connection lost, reconnecting (attempt 3)', 'warning'),
        logStep(1, 'Redis connection lost, reconnecting (attempt 4)', 'warning'),
      ]),
    }),
  },
  {
    name: 'no connection from the pool',
    share: 46,
    when: {
      rhythm: 'shop',
      bursts: [
        { daysAgo: 9.4, hours: 1, share: 0.35 },
        { daysAgo: 4.6, hours: 1.5, share: 0.2 },
        { daysAgo: 0.25, hours: 1, share: 0.25 },
      ],
    },
    event: (scene) => ({
      exception: chain({
        type: 'TimeoutError',
        value: 'Timed out after 3000ms waiting for a connection from the pool',
        frames: inRoute(
          at('src/http/routes/orders.ts', 'ordersRouter.get', 'await findOrder('),
          library('/app/node_modules/pg-pool/index.js', 'Timeout._onTimeout', 182, 27),
          at('src/db/pool.ts', 'query', 'await pool.connect()'),
        ),
      }),
      extra: { pool: { total: 20, idle: 0, waiting: scene.draw.whole(11, 84) } },
      ...during({
        method: 'GET',
        path: `/api/orders/${scene.draw.whole(41_000, 62_000)}`,
        route: '/api/orders/:id',
      }),
      breadcrumbs: steps(scene.at, [
        queryStep(
          3.4,
          'select * from orders where customer_id = $1 order by id desc',
          scene.draw.whole(800, 2400),
        ),
        logStep(3, 'Waiting for a database connection', 'debug'),
      ]),
    }),
  },
  {
    name: 'the same order twice',
    share: 30,
    when: { rhythm: 'shop' },
    event: (scene) => ({
      exception: chain({
        type: 'DatabaseError',
        value: 'duplicate key value violates unique constraint "orders_idempotency_key_key"',
        frames: inRoute(
          ORDER_ROUTE,
          at('src/orders/place-order.ts', 'placeOrder', 'await db.orders.insert('),
          at('src/db/orders.ts', 'insert', 'await query<Order>(INSERT'),
          library('/app/node_modules/pg/lib/client.js', 'Client.query', 545, 17),
          at('src/db/pool.ts', 'query', 'await client.query(text, values)'),
        ),
      }),
      tags: { 'db.code': '23505' },
      extra: { constraint: 'orders_idempotency_key_key', table: 'orders', severity: 'ERROR' },
      ...during(orderCall(scene.draw)),
      ...orderSteps(scene, [
        queryStep(0.01, 'insert into orders (customer_id, idempotency_key, …) values ($1, $2, …)', 4),
      ]),
    }),
  },
  {
    name: 'quantity of nothing',
    share: 58,
    when: { rhythm: 'shop' },
    history: [{ daysAgo: 10, status: 'archived' }],
    event: (scene) => ({
      level: 'warning',
      exception: chain({
        type: 'ValidationError',
        value: 'quantity must be at least 1',
        frames: inRoute(
          at('src/http/routes/cart.ts', 'cartRouter.put', 'assertQuantity(request.params.sku, quantity)'),
          at('src/cart/rules.ts', 'assertQuantity', "'quantity must be at least 1'"),
        ),
      }),
      ...during({
        method: 'PUT',
        path: `/api/cart/lines/SKU-${scene.draw.whole(1000, 9999)}`,
        route: '/api/cart/lines/:sku',
        data: { quantity: scene.draw.pick([0, -1, 0.5]) },
      }),
    }),
  },
  {
    name: 'currency without a code',
    share: 9,
    when: { rhythm: 'shop', since: 8.3 },
    event: () => ({
      exception: chain({
        type: 'RangeError',
        value: 'Invalid currency code : EURO',
        mechanism: unhandled,
        frames: inRoute(
          at('src/http/routes/cart.ts', 'cartRouter.get', 'formatTotal(cart.total, cart.currency)'),
          library('<anonymous>', 'new NumberFormat', 0),
          at('src/orders/pricing.ts', 'formatTotal', "new Intl.NumberFormat('en'"),
        ),
      }),
      ...during({ method: 'GET', path: '/api/cart' }),
    }),
  },
  {
    name: 'maintenance page instead of JSON',
    share: 26,
    when: { rhythm: 'shop', bursts: [{ daysAgo: 5.4, hours: 2, share: 0.7 }] },
    event: (scene) => ({
      exception: chain({
        type: 'SyntaxError',
        value: 'Unexpected token \'<\', "<!DOCTYPE "... is not valid JSON',
        frames: inJob(
          at('src/jobs/scheduler.ts', '<anonymous>', 'releaseExpired(minutesAgo(30))'),
          at('src/stock/reserve.ts', 'releaseExpired', "warehouse.get('/reservations?"),
          library('<anonymous>', 'JSON.parse', 0),
          at('src/stock/warehouse-client.ts', 'call', 'JSON.parse(await response.text())'),
        ),
      }),
      transaction: 'job release-expired',
      user: undefined,
      breadcrumbs: steps(scene.at, [
        httpStep(0.3, 'GET', 'https://warehouse.internal:8443/reservations?state=open', 200),
      ]),
    }),
  },
  {
    name: 'webhook with a wrong signature',
    share: 12,
    when: { rhythm: 'steady' },
    event: (scene) => ({
      level: 'warning',
      exception: chain({
        type: 'Error',
        value: 'Webhook signature verification failed',
        frames: inRoute(
          at('src/http/routes/payments.ts', 'paymentsRouter.post', 'await handleWebhook('),
          at('src/payments/webhook.ts', 'handleWebhook', 'verify(body, signature)'),
          at('src/payments/webhook.ts', 'verify', "throw new Error('Webhook signature"),
        ),
      }),
      user: { ip_address: `203.0.113.${scene.draw.whole(2, 250)}` },
      ...during({ method: 'POST', path: '/api/payments/webhook' }),
    }),
  },
  {
    name: 'no carrier wants it',
    share: 8,
    when: { rhythm: 'shop' },
    event: (scene) => {
      const refused = (name: string, value: string, id: number) => ({
        type: 'Error',
        value,
        mechanism: {
          type: 'chained',
          handled: true,
          source: `errors[${id - 1}]`,
          exception_id: id,
          parent_id: 0,
        },
        frames: [
          TICK,
          library('/app/node_modules/undici/lib/api/api-request.js', 'RequestHandler.onHeaders', 111, 9),
          at('src/shipping/carriers.ts', `${name}.quote`, "throw new Error(name + ' answered '"),
        ],
      })
      return {
        exception: chain(
          refused('swiftbox', 'swiftbox answered 503', 3),
          refused('parcelline', 'parcelline answered 422', 2),
          refused('northpost', 'northpost answered 500', 1),
          {
            type: 'AggregateError',
            value: 'All carriers failed',
            mechanism: { type: 'generic', handled: true, exception_id: 0, is_exception_group: true },
            frames: inRoute(at('src/shipping/quote.ts', 'quoteShipping', 'await Promise.any(asked)')),
          },
        ),
        ...during({
          method: 'POST',
          path: '/api/shipping/quote',
          data: { weight: scene.draw.whole(200, 28_000) },
        }),
      }
    },
  },
  {
    name: 'export disk full',
    share: 2,
    when: { rhythm: 'night', since: 5, until: 3 },
    history: [{ daysAgo: 2.5, status: 'resolved' }],
    event: (scene) => ({
      level: 'fatal',
      exception: chain({
        type: 'Error',
        value: `ENOSPC: no space left on device, write '/var/tmp/export-${new Date(scene.at).toISOString().slice(0, 10)}.csv'`,
        mechanism: rejected,
        frames: inJob(
          at('src/jobs/scheduler.ts', '<anonymous>', 'exportOrders(yesterday())'),
          library('node:internal/streams/pipeline', 'pipeline', 262, 13),
          at('src/jobs/nightly-export.ts', 'exportOrders', 'await pipeline(rows, toCsv()'),
        ),
      }),
      transaction: 'job nightly-export',
      contexts: { disk: { path: '/var/tmp', size: '20 GB', free: '0 B' } },
      user: undefined,
    }),
  },
  {
    name: 'session expired',
    share: 150,
    when: { rhythm: 'shop' },
    history: [{ daysAgo: 12, status: 'archived' }],
    event: () => ({
      level: 'info',
      exception: chain({
        type: 'TokenExpiredError',
        value: 'jwt expired',
        frames: inRoute(
          at('src/http/routes/accounts.ts', 'accountsRouter.get', "accountsRouter.get('/me'"),
          library('/app/node_modules/jsonwebtoken/verify.js', 'module.exports [as verify]', 171, 21),
          at('src/accounts/session.ts', 'readSession', 'jwt.verify(bearer'),
        ),
      }),
      ...during({ method: 'GET', path: '/api/accounts/me' }),
    }),
  },
  {
    name: 'bundle in itself',
    share: 5,
    when: { rhythm: 'shop', since: 12, until: 8.4 },
    history: [{ daysAgo: 8.2, status: 'resolved' }],
    event: (scene) => ({
      exception: chain({
        type: 'RangeError',
        value: 'Maximum call stack size exceeded',
        mechanism: unhandled,
        frames: inRoute(
          ORDER_ROUTE,
          at('src/orders/place-order.ts', 'placeOrder', 'priceOf(lines, customer.tier)'),
          at('src/orders/pricing.ts', 'priceOf', 'discountFor(lines, tier))'),
          at('src/orders/discounts.ts', 'discountFor', 'applyRule(rule, lines), 0)'),
          ...Array.from({ length: scene.draw.whole(18, 40) }, () =>
            at('src/orders/discounts.ts', 'applyRule', 'applyRule(part, lines), 0)'),
          ),
        ),
      }),
      ...during(orderCall(scene.draw)),
    }),
  },
  {
    name: 'mail server has enough',
    share: 18,
    when: {
      rhythm: 'shop',
      bursts: [
        { daysAgo: 7.1, hours: 3, share: 0.4 },
        { daysAgo: 0.9, hours: 2, share: 0.3 },
      ],
    },
    event: (scene) => ({
      exception: chain({
        type: 'Error',
        value: '421 4.7.0 Too many connections from 198.51.100.24',
        frames: inRoute(
          ORDER_ROUTE,
          at('src/orders/place-order.ts', 'placeOrder', 'await sendReceipt('),
          library(
            '/app/node_modules/nodemailer/lib/smtp-connection/index.js',
            'SMTPConnection._formatError',
            809,
            19,
          ),
          at('src/mail/send-receipt.ts', 'sendReceipt', 'await mailer.sendMail({'),
        ),
      }),
      tags: { 'mail.template': 'receipt' },
      extra: { order: scene.draw.whole(41_000, 62_000), queue: scene.draw.whole(20, 300) },
      ...during(orderCall(scene.draw)),
    }),
  },
  {
    name: 'slow search',
    share: 80,
    when: { rhythm: 'shop', bursts: [{ daysAgo: 0.9, hours: 6, share: 0.3 }] },
    event(scene) {
      const took = scene.draw.whole(2_010, 7_900)
      const words = scene.draw.pick([
        'winter coat',
        'lamp',
        'espresso',
        'desk 120',
        'blue shoes',
        'kids bike',
      ])
      return {
        level: 'warning',
        logger: 'search',
        logentry: {
          message: 'Slow query: product search took %d ms',
          params: [took],
          formatted: `Slow query: product search took ${took} ms`,
        },
        extra: { words, page: scene.draw.whole(1, 9), took_ms: took },
        ...during({ method: 'GET', path: '/api/search', query: `q=${encodeURIComponent(words)}` }),
        breadcrumbs: steps(scene.at, [
          httpStep(took / 1000, 'POST', 'http://search.internal:9200/products/_search', 200),
        ]),
      }
    },
  },
  {
    name: 'cache warmed',
    share: 7,
    when: { rhythm: 'night' },
    event: (scene) => ({
      level: 'info',
      logger: 'cache',
      message: `Cache warm-up finished with ${scene.draw.whole(1, 40)} misses`,
      transaction: 'job warm-cache',
      user: undefined,
    }),
  },
  {
    name: 'receipts renderer away',
    share: 34,
    // Mended, and back with the release of yesterday.
    when: { rhythm: 'shop', since: 13, quiet: [7.5, 0.9], bursts: [{ daysAgo: 0.9, hours: 5, share: 0.3 }] },
    history: [{ daysAgo: 7.3, status: 'resolved' }],
    event: (scene) => ({
      exception: chain(
        {
          type: 'Error',
          value: 'getaddrinfo ENOTFOUND renderer.internal',
          frames: [library('node:dns', 'GetAddrInfoReqWrap.onlookupall [as oncomplete]', 122, 26)],
        },
        {
          type: 'TypeError',
          value: 'fetch failed',
          frames: inRoute(
            ORDER_ROUTE,
            at('src/orders/place-order.ts', 'placeOrder', 'await sendReceipt('),
            at('src/mail/send-receipt.ts', 'sendReceipt', 'await renderReceipt(order)'),
            ...fetching,
          ),
        },
      ),
      ...during(orderCall(scene.draw)),
      ...orderSteps(scene, [
        queryStep(0.3, 'insert into orders (customer_id, …) values ($1, …) returning *', 6),
      ]),
    }),
  },
  {
    name: 'avatar that is no image',
    share: 4,
    when: { rhythm: 'shop' },
    event: () => ({
      exception: chain({
        type: 'Error',
        value: 'Input buffer contains unsupported image format',
        frames: inRoute(
          at('src/http/routes/accounts.ts', 'accountsRouter.put', 'await updateAvatar('),
          library('/app/node_modules/sharp/lib/output.js', 'Sharp.toBuffer', 163, 17),
          at('src/jobs/thumbnails.ts', 'makeThumbnails', 'image.clone().resize('),
        ),
      }),
      ...during({ method: 'PUT', path: '/api/accounts/me/avatar' }),
    }),
  },
  {
    name: 'thumbnail worker out of memory',
    share: 1.2,
    when: { rhythm: 'shop' },
    event: () => ({
      level: 'fatal',
      exception: chain({
        type: 'Error',
        value: 'Worker terminated due to reaching memory limit: JS heap out of memory',
        mechanism: uncaught,
        frames: [
          library('node:internal/worker', '[kOnExit]', 315, 26),
          library('node:internal/worker', 'Worker.<computed>.onexit', 229, 20),
          at('src/jobs/thumbnails.ts', 'Worker.<anonymous>', 'throw error'),
        ],
      }),
      tags: { 'node.code': 'ERR_WORKER_OUT_OF_MEMORY' },
      user: undefined,
      request: undefined,
    }),
  },
  {
    name: 'index is read-only',
    share: 40,
    when: { rhythm: 'steady', since: 13.5, until: 8.1 },
    event: () => ({
      exception: chain({
        type: 'ResponseError',
        value:
          'cluster_block_exception: index [products] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)]',
        mechanism: rejected,
        frames: inJob(
          at('src/jobs/scheduler.ts', '<anonymous>', 'reindexChanged(minutesAgo(6))'),
          library(
            '/app/node_modules/@elastic/transport/lib/Transport.js',
            'SniffingTransport._request',
            543,
            23,
          ),
          at('src/search/reindex.ts', 'reindexChanged', 'await index.bulk('),
        ),
      }),
      transaction: 'job reindex-changed',
      user: undefined,
    }),
  },
  {
    name: 'order of somebody else',
    share: 13,
    // Since a few hours ago.
    when: { rhythm: 'shop', since: 0.4 },
    event: (scene) => ({
      exception: chain({
        type: 'ForbiddenError',
        value: `Order ${scene.draw.whole(41_000, 62_000)} does not belong to customer ${scene.person.id}`,
        mechanism: unhandled,
        frames: inRoute(
          at('src/http/routes/orders.ts', 'ordersRouter.get', 'await findOrder('),
          at('src/orders/find-order.ts', 'findOrder', 'throw new ForbiddenError('),
        ),
      }),
      ...during({
        method: 'GET',
        path: `/api/orders/${scene.draw.whole(41_000, 62_000)}`,
        route: '/api/orders/:id',
      }),
      breadcrumbs: steps(scene.at, [
        {
          before: 0.4,
          category: 'auth',
          message: `Session of customer ${scene.person.id} read`,
          level: 'info',
        },
        queryStep(0.1, 'select * from orders where id = $1', scene.draw.whole(1, 9)),
      ]),
    }),
  },
  {
    name: 'exchange rates limit us',
    share: 16,
    when: { rhythm: 'steady', since: 11 },
    event: () => ({
      fingerprint: ['exchange-rates', '429'],
      exception: chain({
        type: 'HttpError',
        value: '429 Too Many Requests from exchange-rates',
        frames: inRoute(
          at('src/orders/pricing.ts', 'convert', 'await rateOf(from, to)'),
          at('src/currency/rates.ts', 'rateOf', 'rates: await load()'),
          at('src/currency/rates.ts', 'load', 'throw new HttpError(429'),
        ),
      }),
      ...during({ method: 'GET', path: '/api/cart', query: 'currency=SEK' }),
    }),
  },
]

export const shopApi: Catalogue = {
  project: { slug: 'shop-api', name: 'Shop API', platform: 'node' },
  problems: PROBLEMS,
  surroundings(scene) {
    const { draw, person, environment } = scene
    const server = environment === 'production' ? draw.pick(SERVERS) : `api-${environment}`
    return {
      platform: 'node',
      environment,
      release: releaseAt(RELEASES, scene),
      server_name: server,
      user: {
        id: person.id,
        email: person.email,
        name: person.name,
        ip_address: person.ip,
        plan: person.tier,
      },
      tags: {
        'customer.tier': person.tier,
        region: draw.chance(0.7) ? 'eu-central' : 'us-east',
        server_name: server,
        runtime: 'node v24.21.0',
      },
      contexts: {
        runtime: { name: 'node', version: 'v24.21.0' },
        os: { name: 'Debian', version: '12.11', kernel_version: '6.12.41' },
        device: {
          arch: 'x64',
          memory_size: 4_294_967_296,
          free_memory: draw.whole(3e8, 2e9),
          processor_count: 2,
        },
        app: {
          app_memory: draw.whole(120, 410) * 1_048_576,
          app_start_time: new Date(scene.at - draw.whole(1, 90) * 3_600_000).toISOString(),
        },
        trace: { trace_id: draw.hex(32), span_id: draw.hex(16) },
        culture: { locale: 'en-US', timezone: 'UTC' },
      },
      sdk: { name: 'sentry.javascript.node', version: '11.12.0' },
      modules: {
        express: '5.2.1',
        pg: '8.23.1',
        '@redis/client': '5.9.0',
        jsonwebtoken: '9.0.3',
        nodemailer: '7.0.11',
        sharp: '0.34.5',
      },
      request: undefined,
    }
  },
  headers: ({ person }) => ({
    Host: 'api.shop.example.org',
    Accept: 'application/json',
    'Accept-Language': person.locale,
    'User-Agent': person.browser.userAgent,
    'X-Forwarded-For': person.ip,
    Authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.c2hvcA.c2lnbmF0dXJl',
  }),
}
