package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What Node.js trusts besides its own roots.
const envNodeRoots = "NODE_EXTRA_CA_CERTS"

// environment is that of the command: this one's, with what there is to know about
// the server in place of what is said there about another one.
func (s *running) environment() (env []string, cleanUp func(), err error) {
	env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == envControlURL || name == envControlToken || name == "OAUTH_CA_FILE"
	})
	env, cleanUp = append(env, s.Env()...), func() {}
	if s.controlURL != "" {
		env = append(env, envControlURL+"="+s.controlURL, envControlToken+"="+s.controlToken)
	}
	root := s.CACertPEM()
	if root == nil {
		return env, cleanUp, nil
	}
	dir, err := os.MkdirTemp("", "bearerguard-*")
	if err != nil {
		return nil, cleanUp, err
	}
	cleanUp = func() { _ = os.RemoveAll(dir) }
	ours, nodes := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "node.pem")
	// Node has one file for all further roots, and a company may need it.
	more, _ := os.ReadFile(os.Getenv(envNodeRoots)) //nolint:gosec // the file that the user names; what cannot be read here Node cannot read either
	err = os.WriteFile(ours, root, 0o600)
	if err == nil {
		err = os.WriteFile(nodes, append(root, more...), 0o600) //nolint:gosec // certificates
	}
	if err != nil {
		cleanUp()
		return nil, func() {}, err
	}
	return append(env, "OAUTH_CA_FILE="+ours, envNodeRoots+"="+nodes), cleanUp, nil
}
