package testserver_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// The outage lasts for two requests. A real test would check that a verifier
// survives the outage.
func ExampleServer_Inject() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	outage := as.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(2))
	for range 3 {
		resp, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	fmt.Println("hit", outage.Hits())
	// Output:
	// 503 Service Unavailable
	// 503 Service Unavailable
	// 200 OK
	// hit 2
}

// Two tests share a server. Each test has its own client.
func ExampleServer_ClientFor() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	as.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.FromClient("TestOutage"))
	for _, test := range []string{"TestOutage", "TestOrders"} {
		resp, err := as.ClientFor(test).Get(as.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(test, resp.StatusCode)
	}
	// Output:
	// TestOutage 503
	// TestOrders 200
}

// Await waits for requests from other goroutines. In this example, it waits for
// a request that hangs.
func ExampleServer_Await() {
	as := testserver.New(new(testing.T))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	as.Inject(testserver.EndpointJWKS, testserver.Hang())
	answered := make(chan error)
	go func() {
		_, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
		answered <- err
	}()
	if err := as.Await(ctx, testserver.EndpointJWKS, 1); err != nil {
		log.Fatal(err)
	}
	last := as.Requests(testserver.EndpointJWKS)[0]
	fmt.Println("hangs:", last.Status == 0)

	as.Close() // Close ends the request that hangs
	fmt.Println("answered:", <-answered == nil)
	// Output:
	// hangs: true
	// answered: false
}

func ExampleServer_Mark() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	fetch := func() {
		resp, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
	}

	fetch() // the mark starts later
	mark := as.Mark()
	fetch()
	fetch()
	fmt.Println(mark.Count(testserver.EndpointJWKS), "of", as.Count(testserver.EndpointJWKS)) // since the mark, and in total
	// Output: 2 of 3
}

func ExampleServer_Requests() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	as.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(1))
	for _, ep := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointJWKS, testserver.EndpointJWKS} {
		resp, err := as.ClientFor("api").Get(as.Endpoint(ep))
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
	}

	for _, r := range as.Requests() {
		fmt.Println(r.Client, r.Method, r.Endpoint, r.Status, r.Injected)
	}
	// Output:
	// api GET discovery 200 false
	// api GET jwks 503 true
	// api GET jwks 200 false
}
