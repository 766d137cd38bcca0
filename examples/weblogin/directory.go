package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// directory has one file for each record, whose time of modification is when it ends.
type directory struct{ root *os.Root }

const (
	wholeFile = ".session"
	newFile   = ".new"
)

// newDirectory also removes what is over and what a crash left behind; at work sessions go one by one.
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
		if key, whole := strings.CutSuffix(name, wholeFile); whole {
			_, _ = d.get(key)
		} else if strings.HasSuffix(name, newFile) {
			_ = root.Remove(name)
		}
	}
	return d, err
}

func (d directory) get(key string) ([]byte, error) {
	info, err := d.root.Stat(key + wholeFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNoRecord
	case err != nil:
		return nil, err
	case !time.Now().Before(info.ModTime()):
		return nil, errors.Join(errNoRecord, d.remove(key))
	}
	return d.root.ReadFile(key + wholeFile)
}

// put replaces the file at once, so that a crash leaves the old record or the new one. After one of the machine there may
// be neither, which is a login: flushing each file would cost more.
func (d directory) put(key string, value []byte, until time.Time) error {
	name := rand.Text() + newFile
	err := d.root.WriteFile(name, value, 0o600)
	if err == nil {
		err = d.root.Chtimes(name, until, until)
	}
	if err == nil {
		err = d.root.Rename(name, key+wholeFile)
	}
	if err != nil {
		_ = d.root.Remove(name)
	}
	return err
}

func (d directory) remove(key string) error {
	if err := d.root.Remove(key + wholeFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
