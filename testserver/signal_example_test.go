package testserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// accepting is a receiver that accepts every token, even a bad one.
var accepting = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") == "application/secevent+jwt" {
		w.WriteHeader(http.StatusAccepted)
	}
})

func ExampleServer_Logout() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	receiver := httptest.NewServer(accepting)
	defer receiver.Close()

	ctx, to := context.Background(), testserver.Receiver{URL: receiver.URL}
	receipt, err := as.Logout(ctx, to, testserver.Subject("alice"), testserver.ForClient("web"))
	fmt.Println(receipt.Status, err)
	for defect := range testserver.LogoutDefects() {
		if receipt, err := as.Logout(ctx, to, testserver.ForClient("web"), testserver.With(defect)); err != nil || receipt.Accepted() {
			fmt.Println("accepted:", defect)
			break
		}
	}
	// Output:
	// 200 <nil>
	// accepted: expired
}

func ExampleServer_Transmit() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	receiver := httptest.NewServer(accepting)
	defer receiver.Close()

	to := testserver.Receiver{URL: receiver.URL, Authorization: "Bearer stream-secret"}
	event := testserver.SecurityEvent{Type: testserver.SessionRevoked}
	receipt, err := as.Transmit(context.Background(), to, event, testserver.Subject("alice"), testserver.Claim("sid", "s-1"))
	fmt.Println(receipt.Status, err)
	// Output: 202 <nil>
}

func ExampleServer_LogoutToken() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	fmt.Println(as.LogoutToken() != as.LogoutToken(testserver.With("event-nonce")))
	// Output: true
}

func ExampleServer_EventToken() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	fmt.Println(len(as.EventToken(testserver.SecurityEvent{Type: testserver.CredentialChange})) > 0)
	// Output: true
}
