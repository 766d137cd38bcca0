package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// envNodeRoots is the environment variable that contains the path of a file
// with additional root certificates for Node.js.
const envNodeRoots = "NODE_EXTRA_CA_CERTS"

// environment returns the environment of the command. It is a copy of the
// environment of this process, with the variables of this server. Variables of
// any other server are removed or replaced. cleanUp removes the files to which
// the variables refer.
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
	rootFile, nodeFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "node.pem")
	// Node.js reads only one file of additional roots. The user may already
	// have such a file, so its content is kept.
	more, _ := os.ReadFile(os.Getenv(envNodeRoots)) //nolint:gosec // the user names it; a file that is unreadable here is unreadable for Node.js too
	err = os.WriteFile(rootFile, root, 0o600)
	if err == nil {
		err = os.WriteFile(nodeFile, append(root, more...), 0o600) //nolint:gosec // certificates
	}
	if err != nil {
		cleanUp()
		return nil, func() {}, err
	}
	return append(env, "OAUTH_CA_FILE="+rootFile, envNodeRoots+"="+nodeFile), cleanUp, nil
}
