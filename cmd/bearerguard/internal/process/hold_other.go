//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package process

import (
	"errors"
	"io/fs"
	"os"
)

// Hold returns an error, because locks are not supported on this system.
func Hold(string) (release func(), err error) { return nil, errors.ErrUnsupported }

// Held reports false, because Hold is not supported.
func Held(*os.File) bool { return false }

// IsPrivate reports false, because the owner of a file is unknown on this
// system.
func IsPrivate(fs.FileInfo) bool { return false }
