package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// directory is a store that keeps each record in a file. The modification time
// of the file is the time at which the record expires.
type directory struct{ root *os.Root }

const (
	recordExt = ".session"
	tempExt   = ".new"
)

// newDirectory opens the store. It also removes expired records, and temporary
// files that a crash left behind. Later, directory.get removes expired records.
func newDirectory(path string) (directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return directory{}, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return directory{}, err
	}
	d := directory{root}
	names, err := fs.Glob(root.FS(), "*")
	for _, name := range names {
		if key, ok := strings.CutSuffix(name, recordExt); ok {
			_, _ = d.get(key)
		} else if strings.HasSuffix(name, tempExt) {
			_ = root.Remove(name)
		}
	}
	return d, err
}

func (d directory) get(key string) ([]byte, error) {
	info, err := d.root.Stat(key + recordExt)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNoRecord
	case err != nil:
		return nil, err
	case !time.Now().Before(info.ModTime()):
		return nil, errors.Join(errNoRecord, d.remove(key))
	}
	return d.root.ReadFile(key + recordExt)
}

// put replaces the file atomically. After a crash of the program, the file
// contains either the old record or the new one. After a crash of the machine,
// both records may be lost, and the user must log in again. Flushing each file
// would prevent this loss, but is more expensive.
func (d directory) put(key string, value []byte, until time.Time) error {
	name := rand.Text() + tempExt
	err := d.root.WriteFile(name, value, 0o600)
	if err == nil {
		err = d.root.Chtimes(name, until, until)
	}
	if err == nil {
		err = d.root.Rename(name, key+recordExt)
	}
	if err != nil {
		_ = d.root.Remove(name)
	}
	return err
}

func (d directory) remove(key string) error {
	if err := d.root.Remove(key + recordExt); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
