package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ready is the ready line: all that a program needs to use the server.
type ready map[string]string

// newReady is what the environment of a program would say, under the names that
// OAuth's own documents have: OAUTH_TOKEN_ENDPOINT is token_endpoint.
func newReady(s *running) ready {
	r := ready{"control": s.controlURL, "control_token": s.controlToken, "ca_pem": string(s.CACertPEM())}
	if s.tokenGiven {
		r["control_token"] = ""
	}
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(strings.TrimPrefix(v, "OAUTH_"), "=")
		r[strings.ToLower(name)] = value
	}
	return r
}

// line is the ready line with its end.
func (r ready) line() []byte {
	text, _ := json.Marshal(r) // a map of texts
	return append(text, '\n')
}

// clearReady removes the file that an earlier server may have left: a program that
// waits for this one's would take it.
func clearReady(path string) error {
	info, err := os.Lstat(path)
	switch {
	case path == "" || errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: name another file", path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user has named it
	if err != nil {
		return err
	}
	var earlier ready
	if len(text) > 0 && (json.Unmarshal(text, &earlier) != nil || earlier["issuer"] == "" || earlier["token_endpoint"] == "") {
		return fmt.Errorf("%s does not hold a ready line: name another file", path)
	}
	return os.Remove(path)
}

// writeAtomic writes text to a file at once: readers see all of it or nothing. Only its
// owner may read it, since it holds secrets.
func writeAtomic(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ready-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
