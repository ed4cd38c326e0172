// A shop's program with sentry-go.
package main

import (
	"fmt"
	"log"
	"time"

	"github.com/getsentry/sentry-go"
)

type StockError struct{ Shelf string }

func (e *StockError) Error() string { return fmt.Sprintf("Shelf %s is empty", e.Shelf) }

type PaymentError struct{}

func (e *PaymentError) Error() string { return "The card was declined" }

type OrderError struct {
	Number int
	Cause  error
}

func (e *OrderError) Error() string { return fmt.Sprintf("Order %d could not be placed", e.Number) }
func (e *OrderError) Unwrap() error { return e.Cause }

func takeFromShelf(shelf string) error { return &StockError{Shelf: shelf} }

func countStock() {
	if err := takeFromShelf("A-1"); err != nil {
		hub := sentry.CurrentHub().Clone()
		hub.Scope().SetLevel(sentry.LevelWarning)
		hub.CaptureException(err)
	}
}

func chargeCard() error { return &PaymentError{} }

func placeOrder(number int) {
	if err := chargeCard(); err != nil {
		panic(&OrderError{Number: number, Cause: err})
	}
}

func checkout() { placeOrder(4711) }

func main() {
	if err := sentry.Init(sentry.ClientOptions{Release: "shop@1.4.2", Environment: "staging"}); err != nil {
		log.Fatal(err)
	}
	defer sentry.Flush(5 * time.Second)
	defer sentry.Recover()
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "42", Username: "jane", Email: "jane@example.org"})
		scope.SetTag("plan", "enterprise")
		scope.SetTag("region", "eu")
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "cart", Message: "Put into the cart", Level: sentry.LevelInfo,
		Data: map[string]interface{}{"sku": "A-1"},
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "payment", Message: "Asked for the card", Level: sentry.LevelWarning,
	})

	countStock()
	sentry.CaptureMessage("Stock of A-1 is low")
	checkout()
}
