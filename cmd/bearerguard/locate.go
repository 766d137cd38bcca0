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

// envReadyFile is the environment variable with the path of the ready file. The
// ready file contains the ready line of a running server. The flag --ready-file
// overrides this variable.
const envReadyFile = "BEARERGUARD_READY_FILE"

// readyFlag is the flag --ready-file of the commands that can use a running
// server.
type readyFlag struct{ path string }

func (f *readyFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.path, "ready-file", "", "`file` that serve --ready-file wrote (default $"+envReadyFile+", or the file of a server started in this directory)")
}

// find returns the ready line of a running server. It reads the line from the
// file that --ready-file or $BEARERGUARD_READY_FILE specifies. If neither is
// set, find looks for a server that was started in this directory. If that
// server is not running, find returns nil.
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
		return nil, usage("%s %s: the file does not contain a ready line: give the file that serve --ready-file wrote", argument, path)
	}
	return r, nil
}

// herePath returns the path of the file with the ready line of a server that
// was started in this directory. It returns "" if the user has no cache
// directory, or if the path of this directory is unknown. Only this user can
// read the file.
func herePath() string {
	cache, err := os.UserCacheDir()
	dir, failed := os.Getwd()
	if failed == nil {
		dir, failed = filepath.EvalSymlinks(dir) // the server may have been started through a symlink
	}
	if err != nil || failed != nil {
		return ""
	}
	if _, err := os.Stat(filepath.Dir(cache)); err != nil { // such as a home directory that does not exist
		return ""
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(cache, "bearerguard", "servers", hex.EncodeToString(sum[:16])+".json")
}

// readyHere returns the ready line of the server that was started in this
// directory, or nil if that server is not running. It recognizes a running
// server by its lock on the file with the ready line.
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

// announce writes the ready line of a server to a file, so that commands in
// this directory can find the server. The returned function withdraw removes
// the file.
func announce(r ready) (withdraw func(), err error) {
	path, line := herePath(), r.line()
	if path == "" {
		return func() {}, nil // a container may lack a home directory
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

// removeOwn removes a file if it still contains exactly the given text.
func removeOwn(path string, text []byte) {
	if got, err := os.ReadFile(path); err == nil && string(got) == string(text) { //nolint:gosec // a file of this program
		_ = os.Remove(path)
	}
}

// transport returns a transport that trusts the root certificate in the ready
// line, or nil if the server does not use TLS.
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

// target is an authorization server, and the client that sends requests to it.
type target struct {
	issuer, id, secret string
	transport          http.RoundTripper // nil for the default transport
}

// target finds the server. It uses --issuer, --ready-file, $OAUTH_ISSUER,
// $BEARERGUARD_READY_FILE, or a server that was started in this directory, in
// this order. If it finds the server through a ready line, it also takes the
// default client from this line.
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
