"""A shop's program with Python's sentry-sdk."""
import sentry_sdk

sentry_sdk.init(release="shop@1.4.2", environment="staging")
sentry_sdk.set_user({"id": "42", "username": "jane", "email": "jane@example.org"})
sentry_sdk.set_tag("plan", "enterprise")
sentry_sdk.set_tag("region", "eu")
sentry_sdk.add_breadcrumb(category="cart", message="Put into the cart", level="info", data={"sku": "A-1"})
sentry_sdk.add_breadcrumb(category="payment", message="Asked for the card", level="warning")


class StockError(Exception):
    pass


class PaymentError(Exception):
    pass


class OrderError(Exception):
    pass


def take_from_shelf(shelf):
    raise StockError(f"Shelf {shelf} is empty")


def count_stock():
    try:
        take_from_shelf("A-1")
    except StockError as error:
        with sentry_sdk.push_scope() as scope:
            scope.set_level("warning")
            sentry_sdk.capture_exception(error)


def charge_card():
    raise PaymentError("The card was declined")


def place_order(number):
    try:
        charge_card()
    except PaymentError as cause:
        raise OrderError(f"Order {number} could not be placed") from cause


def checkout():
    place_order(4711)


count_stock()
sentry_sdk.capture_message("Stock of A-1 is low", level="info")
checkout()
