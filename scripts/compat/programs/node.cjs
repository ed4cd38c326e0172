// A shop's program with @sentry/node, the same for every version of it.
const Sentry = require('@sentry/node')

Sentry.init({ release: 'shop@1.4.2', environment: 'staging' })
Sentry.setUser({ id: '42', username: 'jane', email: 'jane@example.org' })
Sentry.setTag('plan', 'enterprise')
Sentry.setTag('region', 'eu')
Sentry.addBreadcrumb({ category: 'cart', message: 'Put into the cart', level: 'info', data: { sku: 'A-1' } })
Sentry.addBreadcrumb({ category: 'payment', message: 'Asked for the card', level: 'warning' })

class ShopError extends Error {
  get name() {
    return this.constructor.name
  }
}
class StockError extends ShopError {}
class PaymentError extends ShopError {}
class OrderError extends ShopError {}
class DeliveryError extends ShopError {}

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

countStock()
Sentry.captureMessage('Stock of A-1 is low', 'info')
deliver(12)
setTimeout(function checkout() {
  placeOrder(4711)
}, 100)
