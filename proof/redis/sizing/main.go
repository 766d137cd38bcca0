// Sizing measures what one token, proof, revocation or request costs on a
// machine and in Redis. From these values, it calculates what a large fleet
// needs:
//
//	go run ./sizing -page ../../docs/scale.md   # two minutes on an idle machine
//
// It starts a separate redis-server.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	begin = "<!-- go run ./sizing writes the text below -->"
	end   = "<!-- end of the written text -->"
)

func main() {
	page := flag.String("page", "", "write the tables into this `file`, between their markers")
	n := flag.Int("n", 200_000, "how many entries of each kind to make")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *n, *page)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, n int, page string) error {
	server, err := startRedis(ctx)
	if err != nil {
		return err
	}
	defer server.stop()
	m, err := measure(ctx, server, n)
	if err != nil {
		return err
	}
	text := m.table() + "\n" + m.calculate(large).table() +
		fmt.Sprintf("\n%s, %s/%s, %d CPUs, %s, redis-server %s, %d entries of each kind.\n",
			time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), server.version, n)
	if page == "" {
		fmt.Print(text)
		return nil
	}
	return rewrite(page, text)
}

// rewrite replaces the text between the begin and end lines of a document.
func rewrite(page, text string) error {
	old, err := os.ReadFile(page) //nolint:gosec // the user's own file
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin+"\n")
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return fmt.Errorf("%s does not contain the lines %q and %q", page, begin, end)
	}
	return os.WriteFile(page, []byte(before+begin+"\n\n"+text+"\n"+end+after), 0o644) //nolint:gosec // a document
}
