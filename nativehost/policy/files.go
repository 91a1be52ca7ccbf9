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

	"github.com/portside/portside/nativehost/caller"
	"github.com/portside/portside/protocol"
)

// Options are how policy files are read.
type Options struct {
	Validator *protocol.Validator
	// Owner is the user id to whom the files must belong; 0, root, but in tests.
	Owner int
	// Everybody judges for all users: what not everybody may read cannot be used. The
	// host goes by what its own user may read.
	Everybody bool
	// Here is what the conditions of files are judged by; nil: the system.
	Here Here
	// Unconditional has files count whatever their conditions.
	Unconditional bool
	Log           zerolog.Logger
}

// requiredName is the file whose presence says that this computer has to have a policy.
// What is in it does not matter.
const requiredName = "policy.required"

// Load reads policy.json and policy.d/*.json in folder. It always returns a Policy:
// one that refuses everything when a file cannot be used. An empty folder name
// stands for a system that has no such place.
func Load(folder string, o Options) *Policy { return LoadManaged(folder, nil, o) }

// LoadManaged reads the files like Load, and puts the browser's managed settings, a JSON
// text, beside them.
func LoadManaged(folder string, managed []byte, o Options) *Policy {
	s := &Store{folder: folder, options: o}
	s.look()
	s.SetManaged(managed)
	return s.policy.Load()
}

// Text is a policy file that was read already.
type Text struct {
	// Name is what it is called, and says whether it may have comments.
	Name    string
	Content []byte
}

// Of makes a policy of texts, whoever and wherever they are for, and looks at no disk.
func Of(texts []Text, o Options) *Policy {
	o.Unconditional = true
	s := &Store{options: o}
	for _, one := range texts {
		s.texts = append(s.texts, source{name: one.Name, text: one.Content})
	}
	s.build()
	return s.policy.Load()
}

// Place returns why the file at a path could not be used where it is, or nil. It is about
// owners and modes, not about what the file says.
func Place(path string, o Options) error {
	w := walker{owner: o.Owner, everybody: o.Everybody}
	_, _, err := w.follow(path, false)
	return err
}

// mostOverlooked bounds what Overlooked lists.
const mostOverlooked = 20

// Overlooked lists what is in the folders of policies and is none of them by its name, by
// name, at most 20.
func Overlooked(folder string) []string {
	var list []string
	for _, in := range []struct {
		folder string
		known  func(string) bool
	}{
		{folder, func(name string) bool {
			return name == "policy.d" || name == requiredName || name == caller.AllowlistFile || slices.Contains(mainNames(), name)
		}},
		{filepath.Join(folder, "policy.d"), counts},
	} {
		entries, err := os.ReadDir(in.folder)
		if folder == "" || err != nil {
			continue // what cannot be listed is refused elsewhere
		}
		for _, entry := range entries {
			if !in.known(entry.Name()) && len(list) < mostOverlooked {
				list = append(list, filepath.Join(in.folder, entry.Name()))
			}
		}
	}
	return list
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
	// required is the file that says that there has to be a policy, or "".
	required string
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
func find(folder string, o Options) survey {
	if folder == "" {
		return survey{}
	}
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return survey{}
	}
	w := walker{owner: o.Owner, everybody: o.Everybody}
	var s survey
	if _, _, err := w.follow(folder, true); err != nil {
		s.files = append(s.files, file{path: folder, err: err})
	} else {
		for _, name := range mainNames() {
			if one, found := w.file(filepath.Join(folder, name)); found {
				s.files = append(s.files, one)
			}
		}
		s.files = append(s.files, w.list(filepath.Join(folder, "policy.d"))...)
		s.required = w.requires(folder)
	}
	s.print, s.youngest = w.print.String(), w.youngest
	return s
}

// mainNames are the files that count beside those of policy.d, in their order.
func mainNames() []string { return []string{"policy.json", "policy" + withComments} }

// counts reports whether a file of policy.d is a policy by its name. Names that begin with
// a dot are what editors and package managers leave behind.
func counts(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, withComments))
}

// requires returns the path of the file that says that there has to be a policy, or "".
// Whatever it is counts, a link to nowhere too: only root can have put it there.
func (w *walker) requires(folder string) string {
	path := filepath.Join(folder, requiredName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	w.print.WriteString(path + "\n")
	return path
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
func (w *walker) list(folder string) []file {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	real, info, err := w.follow(folder, true)
	if err == nil && w.everybody && !open(info, false) {
		err = errors.New(notForEverybody(folder, info))
	}
	if err != nil {
		return []file{{path: folder, err: err}}
	}
	entries, err := os.ReadDir(real)
	if err != nil {
		return []file{{path: folder, err: fmt.Errorf("cannot be listed: %w", reason(err))}}
	}
	var files []file
	for _, entry := range entries {
		if !counts(entry.Name()) {
			continue
		}
		if one, found := w.file(filepath.Join(folder, entry.Name())); found {
			files = append(files, one)
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return files
}

// read reads the files that were found.
func (s *survey) read() []source {
	texts := make([]source, 0, len(s.files)+1)
	if s.required != "" {
		texts = append(texts, source{name: s.required, demand: true})
	}
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
