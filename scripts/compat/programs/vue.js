// A shop's page with @sentry/vue: one component that is mounted, told its DSN by the page, as a build would.
import * as Sentry from '@sentry/vue'
import { createApp, h } from 'vue'

class ShopError extends Error {
  get name() {
    return this.constructor.name
  }
}
class StockError extends ShopError {}
class PaymentError extends ShopError {}
class OrderError extends ShopError {}
class DeliveryError extends ShopError {}
class BasketError extends ShopError {}

function takeFromShelf(shelf) {
  throw new StockError(`Shelf ${shelf} is empty`)
}

function countStock() {
  try {
    takeFromShelf('A-1')
  } catch (error) {
    Sentry.captureException(error, { level: 'warning' })
  }
}

async function deliver(parcel) {
  throw new DeliveryError(`Parcel ${parcel} was lost`)
}

function chargeCard() {
  throw new PaymentError('The card was declined')
}

function placeOrder(number) {
  try {
    chargeCard()
  } catch (cause) {
    throw new OrderError(`Order ${number} could not be placed`, { cause })
  }
}

function checkout() {
  placeOrder(4711)
}

function openBasket() {
  throw new BasketError('The basket has no bottom')
}

const Basket = {
  name: 'Basket',
  props: { items: { type: Number, required: true } },
  mounted() {
    openBasket()
  },
  render: () => h('p', 'Your basket'),
}

const app = createApp({ name: 'Shop', render: () => h(Basket, { items: 3 }) })
Sentry.init({ app, dsn: window.SENTRY_DSN, release: 'shop@1.4.2', environment: 'staging' })
Sentry.setUser({ id: '42', username: 'jane', email: 'jane@example.org' })
Sentry.setTag('plan', 'enterprise')
Sentry.setTag('region', 'eu')
Sentry.addBreadcrumb({ category: 'cart', message: 'Put into the cart', level: 'info', data: { sku: 'A-1' } })
Sentry.addBreadcrumb({ category: 'payment', message: 'Asked for the card', level: 'warning' })

app.mount('#app')
countStock()
Sentry.captureMessage('Stock of A-1 is low', 'info')
// Nobody waits for it: an unhandled rejection.
deliver(12)
// At the top of the script, where nothing the SDK has wrapped stands in between: a global error.
checkout()
