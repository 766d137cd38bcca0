package main

import (
	"cmp"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/process"
)

// envReadyFile is --ready-file for all commands.
const envReadyFile = "BEARERGUARD_READY_FILE"

// readyFlag is --ready-file of the commands that need a server.
type readyFlag struct{ path string }

func (f *readyFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.path, "ready-file", "", "`file` in which serve wrote where it is (default $"+envReadyFile+", or a server that was started in this directory)")
}

// find is what a running server has said of itself: the one that the flag or the
// environment names, or one that was started in this directory; else nil.
func (f *readyFlag) find() (ready, error) {
	argument, path := "--ready-file", f.path
	if path == "" {
		argument, path = "$"+envReadyFile, os.Getenv(envReadyFile)
	}
	if path == "" {
		return readyHere(), nil
	}
	text, err := readFile(argument, path)
	if err != nil {
		return nil, err
	}
	var r ready
	if json.Unmarshal(text, &r) != nil || r["issuer"] == "" {
		return nil, usage("%s %s: does not hold a ready line: give the file that serve --ready-file wrote", argument, path)
	}
	return r, nil
}

// herePath is where a server says that it was started in this directory: a file that
// only this user reads. "" is for a user without a place for such files.
func herePath() string {
	cache, err := os.UserCacheDir()
	dir, failed := os.Getwd()
	if failed == nil {
		dir, failed = filepath.EvalSymlinks(dir) // as another shell may have come here
	}
	if err != nil || failed != nil {
		return ""
	}
	if _, err := os.Stat(filepath.Dir(cache)); err != nil { // the home of a user who has none
		return ""
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(cache, "bearerguard", "servers", hex.EncodeToString(sum[:16])+".json")
}

// readyHere is the ready line of a server that was started in this directory and is
// still there, else nil. The server holds the file for as long as it lives.
func readyHere() ready {
	f, err := os.Open(herePath())
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	var r ready
	if err != nil || !process.IsPrivate(info) || !process.Held(f) || json.NewDecoder(f).Decode(&r) != nil {
		return nil
	}
	return r
}

// announce lets the commands in this directory find the server. What it returns takes
// that back.
func announce(r ready) (takeBack func(), err error) {
	path, line := herePath(), r.line()
	if path == "" {
		return func() {}, nil // as in a container without a home
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := writeAtomic(path, line); err != nil {
		return nil, err
	}
	release, err := process.Hold(path)
	if err != nil {
		removeOwn(path, line)
		return nil, err
	}
	return func() {
		removeOwn(path, line)
		release()
	}, nil
}

// removeOwn removes a file if it still holds what was written into it.
func removeOwn(path string, text []byte) {
	if got, err := os.ReadFile(path); err == nil && string(got) == string(text) { //nolint:gosec // a file of this program's
		_ = os.Remove(path)
	}
}

// transport is one that trusts the root certificate of a server under --tls, else nil.
func (r ready) transport() http.RoundTripper {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(r["ca_pem"])) {
		return nil
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
	}
}

// target is an authorization server and the client to ask it as.
type target struct {
	issuer, id, secret string
	transport          http.RoundTripper // nil for the usual one
}

// target finds the server: --issuer, --ready-file, $OAUTH_ISSUER, and then one that is
// running. The client of a server that was found so is its own.
func (f *clientFlags) target() (target, error) {
	t := target{issuer: f.issuer, id: cmp.Or(f.id, os.Getenv("OAUTH_CLIENT_ID"))}
	secret, err := readSecret("client-secret-file", f.secretFile)
	if err != nil {
		return t, err
	}
	t.secret = secret
	if f.issuer != "" || f.ready.path == "" && os.Getenv("OAUTH_ISSUER") != "" {
		t.issuer = cmp.Or(f.issuer, os.Getenv("OAUTH_ISSUER"))
		return t, nil
	}
	r, err := f.ready.find()
	if err != nil || r == nil {
		return t, err
	}
	t.issuer, t.transport = r["issuer"], r.transport()
	if t.id = cmp.Or(f.id, r["client_id"]); t.id == r["client_id"] && f.secretFile == "" {
		t.secret = r["client_secret"]
	}
	return t, nil
}
