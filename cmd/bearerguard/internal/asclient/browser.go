package asclient

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"runtime"
)

// OpenBrowser opens a page with the program that $BROWSER names, or the system's
// way (RFC 8252 §4). It does not wait for the browser to end.
func OpenBrowser(ctx context.Context, page string) error {
	// What opens URLs also opens files and starts programs; the page is the
	// authorization server's choice.
	if u, err := url.Parse(page); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the page is not on the web")
	}
	args := []string{"xdg-open"}
	switch browser := os.Getenv("BROWSER"); {
	case browser != "":
		args = []string{browser}
	case runtime.GOOS == "darwin":
		args = []string{"open"}
	case runtime.GOOS == "windows":
		args = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), args[0], append(args[1:], page)...) //nolint:gosec // the user names it
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // whether it worked shows when somebody comes
	return nil
}
