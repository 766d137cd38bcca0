package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ready is the content of the ready line, which a server prints when it accepts
// requests. It contains everything that a program needs to use the server,
// except a control token that the user chose.
type ready map[string]string

// newReady returns the content of the ready line of a server. It contains the
// variables that the subcommand exec sets, but with the names of OAuth
// metadata. For example, OAUTH_TOKEN_ENDPOINT becomes token_endpoint.
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

// line returns the ready line as JSON, with a newline.
func (r ready) line() []byte {
	text, _ := json.Marshal(r) // never fails for a map of strings
	return append(text, '\n')
}

// clearReady removes the ready file of an earlier server. Otherwise, a program
// that waits for the ready file of this server would read the old file.
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
	text, err := os.ReadFile(path) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	var earlier ready
	if len(text) > 0 && (json.Unmarshal(text, &earlier) != nil || earlier["issuer"] == "" || earlier["token_endpoint"] == "") {
		return fmt.Errorf("%s exists, but does not contain a ready line: name another file, because serve would replace this file", path)
	}
	return os.Remove(path)
}

// writeAtomic replaces the content of a file with text. Readers see either the
// old or the complete new content. Only the owner may read the file, because it
// contains secrets.
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
