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

// limit is the maximum duration of a test. Only failing tests reach it.
const limit = time.Minute

// chromium is the context of the browser that all tests share.
var chromium context.Context

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	path, err := exec.LookPath("chromium")
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need chromium in PATH; on Debian: apt-get install --no-install-recommends chromium")
		return 1
	}
	// chromedp creates a directory for the user data and removes it again.
	browser, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // the sandbox needs privileges that containers do not have
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)...)
	defer stop()
	var closeBrowser context.CancelFunc
	chromium, closeBrowser = chromedp.NewContext(browser) //nolint:fatcontext // called only once
	defer closeBrowser()
	if err := chromedp.Do(chromium); err != nil {
		fmt.Fprintln(os.Stderr, "chromium does not start:", err)
		return 1
	}
	return m.Run()
}

// tab is a browser window without cookies.
type tab struct {
	t        *testing.T
	ctx      context.Context //nolint:containedctx // chromedp stores the tab in it
	messages chan string     // errors and warnings on the console; the test fails if any are left at the end
}

func newTab(t *testing.T, opts ...chromedp.CreateBrowserContextOption) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(opts...))
	t.Cleanup(closeTab)
	b := &tab{t: t, ctx: ctx, messages: make(chan string, 100)}
	if err := chromedp.Listen(ctx, b.handleEvent); err != nil {
		t.Fatal(err)
	}
	// The tab stays open until ctx ends, so ctx has no time limit. Actions in
	// the tab use the second context, limited, and therefore fail when the time
	// limit has passed.
	limited, cancel := context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	b.ctx = limited
	t.Cleanup(func() {
		for len(b.messages) > 0 {
			t.Errorf("unexpected message on the console: %s", <-b.messages)
		}
	})
	return b
}

// resolvingTo returns an option for a window whose proxy is the server at this
// address. The proxy receives the requests for all hosts except localhost.
func resolvingTo(address string) chromedp.CreateBrowserContextOption {
	return func(p *target.CreateBrowserContextParams) { p.ProxyServer = address }
}

// handleEvent stores the browser's warnings and errors, and script exceptions.
func (b *tab) handleEvent(event any) {
	switch event := event.(type) {
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError || event.Entry.Level == log.EntryLevelWarning {
			b.addMessage(event.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.addMessage(event.ExceptionDetails.Text)
	}
}

func (b *tab) addMessage(message string) {
	select {
	case b.messages <- message:
	default: // drops messages after the first hundred
	}
}

// expectMessage waits for the next message on the console and removes it from
// the list. The message must contain the given text.
func (b *tab) expectMessage(about string) {
	b.t.Helper()
	select {
	case got := <-b.messages:
		if !strings.Contains(got, about) {
			b.t.Errorf("got the message %q on the console, want one about %s", got, about)
		}
	case <-b.ctx.Done():
		b.t.Fatalf("got no message on the console, want one about %s", about)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open loads a page and waits until the autofocus element has the focus. The
// element gets the focus shortly after the page is loaded.
func (b *tab) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
	for there := false; !there; { // does not spin: each evaluation waits for the browser, and fails at the time limit
		there = eval[bool](b, `(e => !e || e === document.activeElement)(document.querySelector('[autofocus]'))`)
	}
}

// navigate runs steps that lead to another page, and returns the URL of the
// page.
func (b *tab) navigate(steps ...chromedp.Action[chromedp.Void]) string {
	b.t.Helper()
	resp, err := chromedp.RunResponse(b.ctx, steps...)
	if errors.Is(err, context.DeadlineExceeded) {
		b.t.Fatal("the browser opened no other page within the time limit")
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.URL
}

// noScript disables scripts in this tab.
func (b *tab) noScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatal(err)
	}
}

// scheme sets the preferred color scheme, light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates an expression in the page. The content security policy of the
// page does not apply to the expression.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}
