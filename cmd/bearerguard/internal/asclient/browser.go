package asclient

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"runtime"
)

// OpenBrowser opens a page with the program that $BROWSER names, or with the
// default browser of the system (RFC 8252 §4). It does not wait for the browser
// to end.
func OpenBrowser(ctx context.Context, page string) error {
	// Only http and https are allowed. The authorization server chooses the
	// URL, and a URL with another scheme could open a file or start a program.
	if u, err := url.Parse(page); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the page is not an http or https URL")
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
	go func() { _ = cmd.Wait() }() // ignored: the exit code does not show whether the page is open
	return nil
}
