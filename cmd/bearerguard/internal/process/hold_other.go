//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package process

import (
	"errors"
	"io/fs"
	"os"
)

// Hold is not possible here.
func Hold(string) (release func(), err error) { return nil, errors.ErrUnsupported }

// Held reports false: nothing is held here.
func Held(*os.File) bool { return false }

// IsPrivate reports false: what a file says of its owner is not known here.
func IsPrivate(fs.FileInfo) bool { return false }
