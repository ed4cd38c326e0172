# A shop's program with sentry-ruby.
require 'sentry-ruby'

Sentry.init do |config|
  config.dsn = ENV.fetch('SENTRY_DSN')
  config.release = 'shop@1.4.2'
  config.environment = 'staging'
  # A script ends before a thread in the background has sent anything.
  config.background_worker_threads = 0
end
Sentry.set_user(id: '42', username: 'jane', email: 'jane@example.org')
Sentry.set_tags(plan: 'enterprise', region: 'eu')
Sentry.add_breadcrumb(
  Sentry::Breadcrumb.new(category: 'cart', message: 'Put into the cart', level: 'info', data: { sku: 'A-1' })
)
Sentry.add_breadcrumb(
  Sentry::Breadcrumb.new(category: 'payment', message: 'Asked for the card', level: 'warning')
)

class StockError < StandardError; end
class PaymentError < StandardError; end
class OrderError < StandardError; end

def take_from_shelf(shelf)
  raise StockError, "Shelf #{shelf} is empty"
end

def count_stock
  take_from_shelf('A-1')
rescue StockError => e
  Sentry.with_scope do |scope|
    scope.set_level(:warning)
    Sentry.capture_exception(e)
  end
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
Sentry.capture_message('Stock of A-1 is low', level: :info)
begin
  checkout
rescue StandardError => e
  # Reports what ends the program, and lets it end.
  Sentry.capture_exception(e)
  raise
end
