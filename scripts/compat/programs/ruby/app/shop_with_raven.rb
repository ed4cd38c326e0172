# A shop's program with sentry-raven, the client before sentry-ruby.
require 'raven'

Raven.configure do |config|
  config.dsn = ENV.fetch('SENTRY_DSN')
  config.release = 'shop@1.4.2'
  config.current_environment = 'staging'
end
Raven.user_context(id: '42', username: 'jane', email: 'jane@example.org')
Raven.tags_context(plan: 'enterprise', region: 'eu')
Raven.breadcrumbs.record do |crumb|
  crumb.category = 'cart'
  crumb.message = 'Put into the cart'
  crumb.level = 'info'
  crumb.data = { sku: 'A-1' }
end
Raven.breadcrumbs.record do |crumb|
  crumb.category = 'payment'
  crumb.message = 'Asked for the card'
  crumb.level = 'warning'
end

class StockError < StandardError; end
class PaymentError < StandardError; end
class OrderError < StandardError; end

def take_from_shelf(shelf)
  raise StockError, "Shelf #{shelf} is empty"
end

def count_stock
  take_from_shelf('A-1')
rescue StockError => e
  Raven.capture_exception(e, level: 'warning')
end

def charge_card
  raise PaymentError, 'The card was declined'
end

def place_order(number)
  charge_card
rescue PaymentError # becomes the cause of what is raised here
  raise OrderError, "Order #{number} could not be placed"
end

def checkout
  place_order(4711)
end

count_stock
Raven.capture_message('Stock of A-1 is low', level: 'info')
# Reports what ends the program, and lets it end.
Raven.capture { checkout }
