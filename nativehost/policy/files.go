package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/portside/portside/protocol"
)

// Options are how policy files are read.
type Options struct {
	Validator *protocol.Validator
	// Owner is the user id to whom the files must belong; 0, root, but in tests.
	Owner int
	Log   zerolog.Logger
}

// Load reads policy.json and policy.d/*.json in folder. It always returns a Policy:
// one that refuses everything when a file cannot be used. An empty folder name
// stands for a system that has no such place.
func Load(folder string, o Options) *Policy {
	s := &Store{folder: folder, options: o}
	s.look()
	return s.policy.Load()
}

// file is a policy file that was found.
type file struct {
	// path is what the administrator calls it; real has no symbolic links.
	path, real string
	info       fs.FileInfo
	// err says why it must not be read.
	err error
}

// survey is what a folder holds, without the contents.
type survey struct {
	files []file
	// print changes whenever a file, or the way to it, does.
	print string
	// youngest is when a file last changed.
	youngest time.Time
}

// young reports whether a file changed so shortly before now that its times might
// not show another change.
func (s *survey) young(now time.Time) bool {
	age := now.Sub(s.youngest)
	return -clockGrain < age && age < clockGrain
}

// find lists the policy files of a folder in the order in which they count.
func find(folder string, owner int) survey {
	if folder == "" {
		return survey{}
	}
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return survey{}
	}
	w := walker{owner: owner}
	var s survey
	if _, _, err := w.follow(folder, true); err != nil {
		s.files = append(s.files, file{path: folder, err: err})
	} else {
		if one, found := w.file(filepath.Join(folder, "policy.json")); found {
			s.files = append(s.files, one)
		}
		s.files = append(s.files, w.list(filepath.Join(folder, "policy.d"))...)
	}
	s.print, s.youngest = w.print.String(), w.youngest
	return s
}

// file looks at a file that need not be there.
func (w *walker) file(path string) (file, bool) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return file{}, false
	}
	real, info, err := w.follow(path, false)
	return file{path, real, info, err}, true
}

// list looks at the files of policy.d in the order of the bytes of their names.
// Names that begin with a dot are what editors and package managers leave behind.
func (w *walker) list(folder string) []file {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	real, _, err := w.follow(folder, true)
	if err != nil {
		return []file{{path: folder, err: err}}
	}
	entries, err := os.ReadDir(real)
	if err != nil {
		return []file{{path: folder, err: fmt.Errorf("cannot be listed: %w", reason(err))}}
	}
	var files []file
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || !strings.HasSuffix(name, ".json") {
			continue
		}
		if one, found := w.file(filepath.Join(folder, name)); found {
			files = append(files, one)
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return files
}

// read reads the files that were found.
func (s *survey) read() []source {
	texts := make([]source, 0, len(s.files))
	for _, f := range s.files {
		one := source{name: f.path}
		text, err := f.read()
		if err != nil {
			one.err = err.Error()
		}
		one.text = text
		texts = append(texts, one)
	}
	return texts
}

// read returns the contents of a file that may be read. What is opened must be what
// was judged.
func (f *file) read() ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	handle, err := os.Open(f.real)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	defer handle.Close()
	info, err := handle.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	//rule:judged-file-is-read-file
	if !os.SameFile(info, f.info) {
		return nil, errors.New("was replaced while it was read")
	}
	text, err := io.ReadAll(io.LimitReader(handle, largest+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	return text, nil
}

// reason leaves out the path that an error of the file system repeats.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
