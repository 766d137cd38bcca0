package persist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// What stands beside the file. The names are long so that neither can be a file
// of somebody else: the second is removed when it is in the way.
const (
	lockSuffix = ".bearerguard-lock" // holds the ID of the process; stays
	newSuffix  = ".bearerguard-new"  // the next state while it is written
)

// maxBytes bounds a state file, so that a path given by mistake does not fill
// the memory. The largest states are some 100 MB.
const maxBytes = 1 << 30

// The faults of a file that is there. Nothing is written to such a file.
var (
	ErrInUse   = errors.New("another process has it open")
	ErrForeign = errors.New("it is not a state file of this server")
	ErrDamaged = errors.New("it is damaged")
	ErrNewer   = errors.New("a newer release wrote it")
	ErrChanged = errors.New("it was changed behind this server's back")
)

var errClosed = errors.New("the state file is closed")

const moveAway = "it is left as it is: move it away to start anew, or name another file"

// File is a state file that only this process has open. Its methods may be
// called from any goroutine.
type File struct {
	path string // what symbolic links led to

	mu   sync.Mutex
	lock io.Closer
	seen fs.FileInfo // the file as it was last read or written, nil for none
	kept []byte      // the state that Open has read, for the first Load
	bad  error       // why nothing is saved
}

// Open takes the file at path for this process, until [File.Close] or until the
// process ends in whatever way. It need not exist; its directory must. If it
// exists it must be a state file: everything else is an error, wrapping one of
// the Err values where there is one.
//
// Where there is flock(2), a second process is an error. Elsewhere it is for the
// user not to start two.
func Open(path string) (*File, error) {
	if path == "" {
		return nil, errors.New("the state file has no name: give a path")
	}
	f := &File{path: path}
	if err := f.open(); err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

func (f *File) open() (err error) {
	if f.path, err = resolve(f.path); err != nil {
		return err
	}
	if f.lock, err = lock(f.path + lockSuffix); err != nil {
		return err
	}
	if f.kept, err = f.read(); err != nil {
		_ = f.lock.Close()
	}
	return err
}

func (f *File) wrap(err error) error { return fmt.Errorf("state file %q: %w", f.path, err) }

// resolve follows symbolic links: renaming onto one would replace the link and
// leave the file behind it old.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return path, err
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return path, errors.New("its directory cannot be used: make it first, or name another file")
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return path, fmt.Errorf("the symbolic link leads nowhere: correct it, or name another file (%w)", cause(err))
	}
	return target, nil
}

// Load reads the state into v, which is a pointer, and reports whether there was
// one. After an error v is of no use, and nothing is saved any more. A member
// that v does not have is an error: the next Save would lose it.
func (f *File) Load(v any) (found bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bad != nil {
		return false, f.bad
	}
	state := f.kept
	if f.kept = nil; state == nil {
		state, err = f.read()
	}
	if err == nil && state != nil {
		d := json.NewDecoder(bytes.NewReader(state))
		d.DisallowUnknownFields()
		if d.Decode(v) != nil {
			// The decoder's words can quote what is in the file.
			err = fmt.Errorf("%w: its state has members that do not fit; %s", ErrDamaged, moveAway)
		}
	}
	if err != nil {
		f.bad = f.wrap(err)
		return false, f.bad
	}
	return state != nil, nil
}

// read returns the state, nil if there is no file, and notes what file it was in.
func (f *File) read() (state []byte, err error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.seen = nil
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot be examined: %w", cause(err))
	case info.IsDir():
		return nil, errors.New("it is a directory: name a file in it")
	case !info.Mode().IsRegular(): // reading a pipe would wait for a writer
		return nil, errors.New("it is no regular file: name another file")
	case info.Size() > maxBytes:
		return nil, fmt.Errorf("%w: it is larger than any; %s", ErrForeign, moveAway)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: allow this user to read it, or name another file (%w)", cause(err))
	}
	if state, err = unwrap(text); err != nil {
		return nil, fmt.Errorf("%w; %s", err, moveAway)
	}
	// The information is older than the text. What came between the two shows
	// when they are compared before writing.
	f.seen = info
	return state, nil
}

// Save replaces the state. When it returns nil the new one survives a crash of
// the machine; after an error the file has the old one.
func (f *File) Save(v any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bad != nil {
		return f.bad
	}
	state, err := json.Marshal(v)
	if err != nil {
		return f.wrap(fmt.Errorf("writing the state as JSON: %w", err))
	}
	if len(state) > maxBytes-len(head)-len(tail) {
		return f.wrap(errors.New("the state is too large to be read again"))
	}
	if err := f.untouched(); err != nil {
		return f.wrap(err)
	}
	f.kept = nil
	info, err := replace(f.path, head, state, tail)
	if info != nil {
		f.seen = info
	}
	if err != nil {
		return f.wrap(fmt.Errorf("cannot be written: %w", cause(err)))
	}
	return nil
}

// untouched reports a file that is not the one last read or written. One that
// is gone is nothing that could be lost.
func (f *File) untouched() error {
	now, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot be examined: %w", cause(err))
	case f.seen == nil || !os.SameFile(now, f.seen) || now.Size() != f.seen.Size() || !now.ModTime().Equal(f.seen.ModTime()):
		return fmt.Errorf("%w; %s", ErrChanged, moveAway)
	}
	return nil
}

// Close lets other processes have the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bad = errClosed
	if f.lock == nil {
		return nil
	}
	err := f.lock.Close()
	f.lock = nil
	return err
}

// cause is err without the path, which the message begins with.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
