package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// limit is what one test may take. Nothing waits for it but a test that fails.
const limit = time.Minute

// chromium is the one browser of all tests, as the context that its tabs are made from.
var chromium context.Context

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need a browser called chromium in PATH; on Debian: apt-get install --no-install-recommends chromium")
		return 1
	}
	// chromedp makes a directory for the user's data and removes it again.
	browser, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // which needs rights that containers do not have
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)...)
	defer stop()
	var closeBrowser context.CancelFunc
	chromium, closeBrowser = chromedp.NewContext(browser) //nolint:fatcontext // once
	defer closeBrowser()
	if err := chromedp.Do(chromium); err != nil {
		fmt.Fprintln(os.Stderr, "chromium does not start:", err)
		return 1
	}
	return m.Run()
}

// tab is a window of a person who has no cookies yet.
type tab struct {
	t        *testing.T
	ctx      context.Context //nolint:containedctx // chromedp keeps the tab there
	messages chan string     // what the browser complains about; whatever is left at the end fails the test
}

func newTab(t *testing.T, opts ...chromedp.CreateBrowserContextOption) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(opts...))
	t.Cleanup(closeTab)
	b := &tab{t: t, ctx: ctx, messages: make(chan string, 100)}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	// The tab lives as long as the context that it was made with, its actions as long as this one.
	limited, cancel := context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	b.ctx = limited
	t.Cleanup(func() {
		for len(b.messages) > 0 {
			t.Errorf("the browser complains: %s", <-b.messages)
		}
	})
	return b
}

// resolvingTo makes a window in which every name leads to one server, as its proxy.
func resolvingTo(address string) chromedp.CreateBrowserContextOption {
	return func(p *target.CreateBrowserContextParams) { p.ProxyServer = address }
}

// hear keeps what the console of the developer tools would show in yellow and red.
func (b *tab) hear(event any) {
	switch event := event.(type) {
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError || event.Entry.Level == log.EntryLevelWarning {
			b.keep(event.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.keep(event.ExceptionDetails.Text)
	}
}

func (b *tab) keep(message string) {
	select {
	case b.messages <- message:
	default: // a hundred of them are enough to fail
	}
}

// complaint waits for the browser to complain about something, and takes it off the list.
func (b *tab) complaint(about string) {
	b.t.Helper()
	select {
	case got := <-b.messages:
		if !strings.Contains(got, about) {
			b.t.Errorf("got the complaint %q, want one about %s", got, about)
		}
	case <-b.ctx.Done():
		b.t.Fatalf("got no complaint, want one about %s", about)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open shows a page and waits for the focus to be where the page wants it, which is a moment after it is loaded.
func (b *tab) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
	for there := false; !there; { // each question is a round trip to the browser, and ends with the time limit
		there = ask[bool](b, `(e => !e || e === document.activeElement)(document.querySelector('[autofocus]'))`)
	}
}

// leads takes steps that end on another page, and returns its address.
func (b *tab) leads(steps ...chromedp.Action[chromedp.Void]) string {
	b.t.Helper()
	resp, err := chromedp.RunResponse(b.ctx, steps...)
	if errors.Is(err, context.DeadlineExceeded) {
		b.t.Fatal("got no other page within the time limit")
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.URL
}

// noScript switches scripts off, in this tab.
func (b *tab) noScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatal(err)
	}
}

// scheme is what the person likes, light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}

// ask evaluates an expression in the page, which its policy does not forbid to the developer tools.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}
