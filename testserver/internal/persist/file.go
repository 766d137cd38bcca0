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

// lockSuffix and newSuffix are appended to the path of the state file. Save
// removes an existing file with newSuffix. The suffixes are long, so that this
// file is unlikely to belong to another program.
const (
	lockSuffix = ".bearerguard-lock" // contains the ID of the process; never removed
	newSuffix  = ".bearerguard-new"  // the new state while it is written
)

// maxBytes limits the size of a state file, so that a wrong path does not
// exhaust the memory. The largest states are about 100 MB.
const maxBytes = 1 << 30

// These errors mean that an existing file cannot be used. The file is not
// changed.
var (
	ErrInUse   = errors.New("another process is using the state file")
	ErrForeign = errors.New("the file is not a state file of this server")
	ErrDamaged = errors.New("the state file is damaged")
	ErrNewer   = errors.New("the state file was written by a newer release")
	ErrChanged = errors.New("another program has changed the state file")
)

var errClosed = errors.New("the state file is closed")

const moveAway = "the file was not changed. Move the file away to start with a new state, or name another file"

// File is a state file that this process has locked. It is safe for concurrent
// use.
type File struct {
	path string // with symbolic links resolved

	mu   sync.Mutex
	lock io.Closer
	seen fs.FileInfo // file info at the last read or write; nil if the file was missing
	kept []byte      // the state that Open read; the first Load decodes it
	bad  error       // if not nil, Load and Save return this error
}

// Open locks the file at path for this process, until [File.Close] is called or
// the process exits. The directory of the file must exist. The file may be
// missing, but an existing file must be a state file. If one of the package's
// Err variables describes the problem, the returned error wraps that variable.
//
// On systems with flock(2), Open fails if another process has locked the file.
// Other systems have no lock, so the user must not start two processes with the
// same file.
func Open(path string) (*File, error) {
	if path == "" {
		return nil, errors.New("the path of the state file is empty: give a path")
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

// resolve returns the absolute form of path. If the file exists, resolve also
// resolves symbolic links, because a rename to a symbolic link would replace
// the link and not the file.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return path, err
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return path, errors.New("the directory of the file does not exist or cannot be accessed: create the directory, or name another file")
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return path, fmt.Errorf("the symbolic link cannot be resolved: correct the link, or name another file (%w)", cause(err))
	}
	return target, nil
}

// Load decodes the state into v, which must be a pointer, and reports whether
// there was a state. If the state has a member that v lacks, Load fails,
// because the next Save would lose that member. After an error, v must not be
// used and Save always fails.
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
			// The error of the decoder is not used, because it could quote the
			// file.
			err = fmt.Errorf("%w: the state has unknown members or wrong JSON types; %s", ErrDamaged, moveAway)
		}
	}
	if err != nil {
		f.bad = f.wrap(err)
		return false, f.bad
	}
	return state != nil, nil
}

// read returns the state in the file, or nil if the file does not exist. It
// stores information about the file in f.seen, so that Save can detect changes.
func (f *File) read() (state []byte, err error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.seen = nil
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the file cannot be examined: %w", cause(err))
	case info.IsDir():
		return nil, errors.New("the path is a directory: name a file in this directory")
	case !info.Mode().IsRegular(): // reading a pipe could block
		return nil, errors.New("the path is not a regular file: name another file")
	case info.Size() > maxBytes:
		return nil, fmt.Errorf("%w: it is larger than 1 GiB; %s", ErrForeign, moveAway)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: allow this user to read the file, or name another file (%w)", cause(err))
	}
	if state, err = unwrap(text); err != nil {
		return nil, fmt.Errorf("%w; %s", err, moveAway)
	}
	// info was read before the text. So if the file was changed between the two
	// reads, the next Save detects the change.
	f.seen = info
	return state, nil
}

// Save replaces the state. If Save returns nil, the new state survives a crash
// of the machine, on systems with flock(2). After an error the file has either
// the old or the new state, unless another program has changed the file.
func (f *File) Save(v any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bad != nil {
		return f.bad
	}
	state, err := json.Marshal(v)
	if err != nil {
		return f.wrap(fmt.Errorf("encoding the state as JSON: %w", err))
	}
	if len(state) > maxBytes-len(head)-len(tail) {
		return f.wrap(errors.New("the state was not saved, because it is larger than 1 GiB"))
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
		return f.wrap(fmt.Errorf("the file cannot be written: %w", cause(err)))
	}
	return nil
}

// untouched returns an error if the file has changed since it was last read or
// written. A missing file is not an error.
func (f *File) untouched() error {
	now, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the file cannot be examined: %w", cause(err))
	case f.seen == nil || !os.SameFile(now, f.seen) || now.Size() != f.seen.Size() || !now.ModTime().Equal(f.seen.ModTime()):
		return fmt.Errorf("%w; %s", ErrChanged, moveAway)
	}
	return nil
}

// Close unlocks the file, so that other processes can open it.
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

// cause returns err without the path, because wrap adds the path to the
// message.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
