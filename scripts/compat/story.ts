// What every client's program tells, whatever its language (programs/ tell it in theirs), and so what Mesher has to
// show. A client that cannot say a thing says so in its `dialect` (clients.ts), with the reason; all else is the same.
import type { Breadcrumb } from '#shared/schemas/event.ts'
import type { Level } from '#shared/constants/levels.ts'

export interface Thrown {
  type: string
  value: string
  /** The in-app functions of its stack, oldest call first; null when the client sends no stack with it. */
  calls: string[] | null
}

export interface Report {
  level: Level
  /** False: nobody caught it. Null: the client does not say. */
  handled: boolean | null
  /** Instead of an exception. */
  message?: string
  /** Oldest cause first. */
  exceptions: Thrown[]
}

export type ReportName = 'uncaught' | 'caught' | 'message' | 'rejection' | 'component'

const stock: Thrown = {
  type: 'StockError',
  value: 'Shelf A-1 is empty',
  calls: ['countStock', 'takeFromShelf'],
}
const payment: Thrown = {
  type: 'PaymentError',
  value: 'The card was declined',
  calls: ['checkout', 'placeOrder', 'chargeCard'],
}
const order: Thrown = {
  type: 'OrderError',
  value: 'Order 4711 could not be placed',
  calls: ['checkout', 'placeOrder'],
}
const delivery: Thrown = { type: 'DeliveryError', value: 'Parcel 12 was lost', calls: ['deliver'] }
const basket: Thrown = {
  type: 'BasketError',
  value: 'The basket has no bottom',
  calls: ['mounted', 'openBasket'],
}

export const REPORTS: Record<ReportName, Report> = {
  /** Ends the program, or reaches the top of a page's script. */
  uncaught: { level: 'fatal', handled: false, exceptions: [payment, order] },
  /** Caught, and reported with a level of its own. */
  caught: { level: 'warning', handled: true, exceptions: [stock] },
  message: { level: 'info', handled: null, message: 'Stock of A-1 is low', exceptions: [] },
  /** A promise nobody waits for. */
  rejection: { level: 'error', handled: false, exceptions: [delivery] },
  /** In the hook of a Vue component. */
  component: { level: 'error', handled: false, exceptions: [basket] },
}

/** What every report carries. */
export interface Surroundings {
  release: string
  environment: string
  tags: Record<string, string>
  user: { id: string; username: string; email: string }
  /** In this order; what a client notes by itself may stand between. */
  breadcrumbs: Breadcrumb[]
}

export const SURROUNDINGS: Surroundings = {
  release: 'shop@1.4.2',
  environment: 'staging',
  tags: { plan: 'enterprise', region: 'eu' },
  user: { id: '42', username: 'jane', email: 'jane@example.org' },
  breadcrumbs: [
    { category: 'cart', level: 'info', message: 'Put into the cart', data: { sku: 'A-1' } },
    { category: 'payment', level: 'warning', message: 'Asked for the card' },
  ],
}
