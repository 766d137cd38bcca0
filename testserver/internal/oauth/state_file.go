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

// persistence saves the state to a file. The zero persistence saves nothing.
type persistence struct {
	file  *persist.File
	saver *persist.Saver
	saved [sha256.Size]byte // hash of the state in the file; zero if it is unknown

	closing sync.Once
	closed  error // the result of Close
}

// openState loads the state from the file at path, if the file exists, and
// saves later changes to that file. The server must not be used before
// openState returns.
func (s *Server) openState(path string) (err error) {
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
			return fmt.Errorf("state file %q: %w; the file was not changed. Move the file away to start with a new state, or name another file", path, err)
		}
	}
	s.persistence.file = file
	if err := s.save(); err != nil { // so that openState fails if the file cannot be written
		return err
	}
	saver := persist.NewSaver(s.save, nil) // errors need no callback: Close and the endpoints report them
	s.persistence.saver = saver
	for _, changes := range []interface{ OnChange(func()) }{s.Registry, &s.grants, &s.ledger, s.Keys} {
		changes.OnChange(saver.Changed)
	}
	return nil
}

// save writes the state to the file. Only one goroutine at a time may call it.
func (s *Server) save() error {
	text, err := s.Snapshot()
	if err != nil {
		return fmt.Errorf("the state cannot be encoded as JSON: %w", err)
	}
	sum := sha256.Sum256(text)
	if sum == s.persistence.saved { // do not write: the state was locked, but it has not changed
		return nil
	}
	s.persistence.saved = [sha256.Size]byte{} // if Save fails, the content of the file is unknown
	if err := s.persistence.file.Save(json.RawMessage(text)); err != nil {
		return err
	}
	s.persistence.saved = sum
	return nil
}

// durable waits until all changes are in the file. It returns a failure if they
// cannot be saved. The server then does not confirm the change to the client,
// because a confirmed change must survive a restart (RFC 7009 §2.2.1). The
// changes of concurrent requests are saved together.
func (s *Server) durable() *failure {
	if s.persistence.saver == nil || s.persistence.saver.Flush() == nil {
		return nil
	}
	return &failure{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "the state cannot be saved: try again later"}
}

// Close saves the remaining changes and unlocks the state file. After Close the
// server refuses requests whose changes must be saved before the response. If
// the server has no state file, Close does nothing.
func (s *Server) Close() error {
	k := &s.persistence
	k.closing.Do(func() {
		if k.saver != nil {
			k.closed = errors.Join(k.saver.Close(), k.file.Close())
		}
	})
	return k.closed
}
