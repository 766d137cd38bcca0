package persist

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// replace atomically replaces the file at path with a file that contains the
// given parts, one after another. If the file was replaced, info describes the
// new file; otherwise info is nil. If both info and err are not nil, the file
// was replaced, but a crash could restore the old file.
func replace(path string, parts ...[]byte) (info fs.FileInfo, err error) {
	next := path + newSuffix
	// This process holds the lock, so no other process is writing this file. If
	// the file already exists, a process that was killed has left it behind.
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if info, err = write(next, parts); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(next))
	}
	return info, syncDir(filepath.Dir(path)) // the rename must survive a crash too
}

// write creates the file at path with mode 0600. It fails if the file exists,
// because an existing file could have another mode or be a link.
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
	// Without Sync, the rename could reach the disk before the contents.
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return f.Stat()
}
