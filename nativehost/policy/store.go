package policy

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// lookEvery is how long the files may have changed without Current noticing.
	lookEvery = 250 * time.Millisecond
	// watchEvery is how often Watch looks.
	watchEvery = time.Second
	// clockGrain is longer than any file system's clock stands still: of a file that
	// changed within it before it was read, a later change may not show.
	clockGrain = 2 * time.Second
	// patience is how often files that seem to be broken are looked at again before
	// they count as broken, and settle how long apart: whoever replaces or writes one
	// may be in the middle of it, and a policy that is broken ends every socket.
	patience = 20
	settle   = 10 * time.Millisecond
)

// Store keeps the Policy up to date. Any number of goroutines may use it. It has no
// goroutine of its own and holds nothing that must be closed.
type Store struct {
	folder  string
	options Options

	policy atomic.Pointer[Policy]
	// looked is when the files were last looked at, in nanoseconds since 1970.
	looked atomic.Int64

	mu sync.Mutex // guards what follows, and building a new policy
	// print is that of the files when they were last read. again: one of them was so
	// young then that another change need not show in it.
	print    string
	again    bool
	texts    []source
	managed  []byte
	watchers map[chan struct{}]struct{}
	// conditions are those of the files that have some, and met says which held when the
	// policy was built.
	conditions []*conditions
	met        string
	system     system
}

// source is a file as it was read, or why it could not be.
type source struct {
	name string
	text []byte
	err  string
	// demand: it is no policy. That it is there says that there has to be one.
	demand bool
}

// Open reads the policy files of folder, like Load, and keeps looking at them.
func Open(folder string, o Options) *Store {
	s := &Store{folder: folder, options: o, watchers: map[chan struct{}]struct{}{}}
	s.look()
	return s
}

// Current returns the policy as it was at most 250 ms ago.
func (s *Store) Current() *Policy {
	now := time.Now().UnixNano()
	looked := s.looked.Load()
	// Whoever wins the exchange looks, nobody waits for them twice. A clock that was
	// set back is as good as a long time.
	//rule:policy-files-are-reread
	if now-looked >= int64(lookEvery) || now < looked {
		s.look()
	}
	return s.policy.Load()
}

// Known returns the policy as somebody last saw it. It looks at nothing and takes no
// lock.
func (s *Store) Known() *Policy { return s.policy.Load() }

// SetManaged replaces the browser's managed settings by a JSON text, and reports
// whether it is valid. If not, everything is refused until the next one. An empty
// text and {} say nothing.
func (s *Store) SetManaged(settings []byte) (valid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if string(bytes.TrimSpace(settings)) == "{}" {
		settings = nil
	}
	if !bytes.Equal(settings, s.managed) {
		s.managed = bytes.Clone(settings)
		s.build()
	}
	for _, source := range s.policy.Load().Sources {
		if source.Browser {
			return len(source.Faults) == 0
		}
	}
	return true
}

// Watch watches from now on, and returns what calls changed whenever there is a new
// policy, until its context ends: within a second after a file changed, at once after
// SetManaged. That is to be called once, in a goroutine of the caller's, in which changed
// is called.
func (s *Store) Watch(changed func(*Policy)) func(ctx context.Context) {
	wake := make(chan struct{}, 1)
	s.mu.Lock()
	last := s.policy.Load()
	s.watchers[wake] = struct{}{}
	s.mu.Unlock()
	return func(ctx context.Context) {
		//rule:policy-watch-begins-at-once
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.watchers, wake)
		}()
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
			case <-ticker.C:
			}
			if now := s.Current(); now != last {
				last = now
				changed(now)
			}
		}
	}
}

// look reads the files if anything about them changed.
func (s *Store) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if past := now.UnixNano() - s.looked.Load(); s.policy.Load() != nil && past >= 0 && past < int64(lookEvery) {
		return // somebody else has just looked
	}
	defer func() { s.looked.Store(time.Now().UnixNano()) }()
	found := find(s.folder, s.options)
	//rule:conditions-are-judged-again
	turned := s.policy.Load() != nil && s.judgeConditions() != s.met
	if s.policy.Load() != nil && found.print == s.print && !s.again && !turned {
		return
	}
	texts := found.read()
	for tries := 1; tries < patience && /*rule:changing-file-is-reread*/ s.unsettled(texts); tries++ {
		time.Sleep(settle)
		found = find(s.folder, s.options)
		texts = found.read()
	}
	s.again = found.young(now)
	s.print = found.print
	if s.policy.Load() != nil && sameTexts(texts, s.texts) && !turned {
		return
	}
	s.texts = texts
	s.build()
}

// unsettled reports whether the files may be in the middle of a change: one is of no
// use, or one that was there is gone, and that is news. The caller holds the mutex.
func (s *Store) unsettled(texts []source) bool {
	if sameTexts(texts, s.texts) {
		return false
	}
	named := func(name string) func(source) bool { return func(one source) bool { return one.name == name } }
	for _, one := range s.texts {
		//rule:missing-file-is-reread
		if !slices.ContainsFunc(texts, named(one.name)) {
			return true
		}
	}
	// What was written in part is no JSON: an object ends with its last character.
	return slices.ContainsFunc(texts, func(one source) bool { return !one.complete() })
}

func sameTexts(a, b []source) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].name != b[i].name || a[i].err != b[i].err || !bytes.Equal(a[i].text, b[i].text) {
			return false
		}
	}
	return true
}
