package install

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portside/portside/manifest"
)

// writeFile puts data at path as a whole or not at all, readable by everybody
// and writable by the owner. A symbolic link at path is replaced, not followed.
func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+manifest.FileName+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	// CreateTemp made it 0600; Chmod also overrides a strict umask, under which
	// nobody but root could read a system-wide manifest.
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// makeDir makes the directory of manifests dir and those above it that are
// missing. In user scope the ones above are the browser's profile, which the
// browser itself would make unreadable for others, so they are made that way.
func makeDir(dir string, scope manifest.Scope) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", dir)
		}
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return makeMissing(dir, 0o755, scope)
}

func makeMissing(dir string, mode fs.FileMode, scope manifest.Scope) error {
	above := fs.FileMode(0o755)
	if scope == manifest.User {
		above = 0o700
	}
	err := os.Mkdir(dir, mode)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeMissing(filepath.Dir(dir), above, scope); err == nil {
			err = os.Mkdir(dir, mode)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

// removeEmpty removes dir if it is a directory with nothing in it, and reports
// whether it did. An empty directory says nothing to a browser, so it does not
// matter who made it.
func removeEmpty(dir string) bool {
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir() && os.Remove(dir) == nil
}
