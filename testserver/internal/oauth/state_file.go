package oauth

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// keeper has the state in a file. The zero keeper keeps nothing.
type keeper struct {
	file  *persist.File
	saver *persist.Saver
	saved [sha256.Size]byte // of the state that the file has for certain

	closing sync.Once
	closed  error // what came of it
}

// keep takes the state from the file at path, if there is one, and saves from
// then on what changes. Nobody may use the server before it returns.
func (s *Server) keep(path string) (err error) {
	file, err := persist.Open(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	var state json.RawMessage
	found, err := file.Load(&state)
	if err != nil {
		return err
	}
	if found {
		if err := s.Restore(state); err != nil {
			return fmt.Errorf("state file %q: %w; it is left as it is: move it away to start anew, or name another file", path, err)
		}
	}
	s.keeper.file = file
	if err := s.save(); err != nil { // so that it fails here, and not at the first change
		return err
	}
	saver := persist.NewSaver(s.save, nil) // Close and the endpoints report errors
	s.keeper.saver = saver
	for _, changes := range []interface{ OnChange(func()) }{s.Registry, &s.grants, &s.ledger, s.Keys} {
		changes.OnChange(saver.Changed)
	}
	return nil
}

// save is for one goroutine at a time.
func (s *Server) save() error {
	text, err := s.Snapshot()
	if err != nil {
		return fmt.Errorf("the state is no JSON: %w", err)
	}
	sum := sha256.Sum256(text)
	if sum == s.keeper.saved { // a lock was held, and nothing came of it
		return nil
	}
	s.keeper.saved = [sha256.Size]byte{} // a write that fails may have come far
	if err := s.keeper.file.Save(json.RawMessage(text)); err != nil {
		return err
	}
	s.keeper.saved = sum
	return nil
}

// durable returns when what has been done is in the file. A failure is the answer
// instead: what a client believes must survive the server (RFC 7009 §2.2.1).
// Requests that wait at the same time are written together.
func (s *Server) durable() *failure {
	if s.keeper.saver == nil || s.keeper.saver.Flush() == nil {
		return nil
	}
	return &failure{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "the state cannot be saved: try again later"}
}

// Close saves what is left and lets others have the state file. After it the
// server answers nothing that changes anything.
func (s *Server) Close() error {
	k := &s.keeper
	k.closing.Do(func() {
		if k.saver != nil {
			k.closed = errors.Join(k.saver.Close(), k.file.Close())
		}
	})
	return k.closed
}
