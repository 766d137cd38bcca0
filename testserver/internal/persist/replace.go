package persist

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// replace puts parts into the file at path, so that at any moment the file has
// all of the old content or all of the new. info is the new file from the moment
// that it is in place.
func replace(path string, parts ...[]byte) (info fs.FileInfo, err error) {
	next := path + newSuffix
	// One that is there is of a process that was killed: the lock is ours.
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if info, err = write(next, parts); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(next))
	}
	return info, syncDir(filepath.Dir(path)) // the new name must survive, too
}

// write makes the file at path, which must not be there: its mode is that of a
// file with secrets from the start, and no link is followed.
func write(path string, parts [][]byte) (info fs.FileInfo, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, part := range parts {
		if _, err := f.Write(part); err != nil {
			return nil, err
		}
	}
	// Without it the new name could reach the disk before the content.
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return f.Stat()
}
