package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
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
	// longestBy bounds Verdict.By, in characters, to what the protocol takes.
	longestBy = 512
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
}

// source is a file as it was read, or why it could not be.
type source struct {
	name string
	text []byte
	err  string
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
		if source.Name == managed {
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
	found := find(s.folder, s.options.Owner)
	if s.policy.Load() != nil && found.print == s.print && !s.again {
		return
	}
	texts := found.read()
	for tries := 1; tries < patience && /*rule:changing-file-is-reread*/ s.unsettled(texts); tries++ {
		time.Sleep(settle)
		found = find(s.folder, s.options.Owner)
		texts = found.read()
	}
	s.again = found.young(now)
	s.print = found.print
	if s.policy.Load() != nil && sameTexts(texts, s.texts) {
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
	return slices.ContainsFunc(texts, func(one source) bool { return one.err != "" || !json.Valid(one.text) })
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

// build makes a policy of what was read, publishes it and wakes who watches. The
// caller holds the mutex.
func (s *Store) build() {
	p := &Policy{Settings: usual(), Hashes: hashes(s.texts, s.managed)}
	for _, one := range s.texts {
		if one.err != "" {
			s.refuse(p, one.name, []Fault{{Problem: one.err}})
			continue
		}
		l, faults := parse(one.name, one.text, s.options.Validator)
		s.add(p, one.name, l, faults)
	}
	if len(bytes.TrimSpace(s.managed)) > 0 {
		l, faults := parse(managed, s.managed, s.options.Validator)
		if l != nil {
			l.managed, l.onlyRestricts = true, len( /*rule:any-file-restricts-managed*/ s.texts) > 0
			p.Notes = append(p.Notes, l.ignored()...)
		}
		//rule:broken-managed-settings-refuse
		s.add(p, managed, l, faults)
	}
	if p.broken != "" {
		//rule:broken-policy-settings-strictest
		p.Settings.close(p.broken)
	}
	for _, note := range p.Notes {
		s.options.Log.Warn().Str("note", note).Msg("policy")
	}
	if len(p.Sources) > 0 || s.policy.Load() != nil {
		s.options.Log.Info().Int("sources", len(p.Sources)).Bool("usable", p.broken == "").Msg("policy read")
	}
	s.policy.Store(p)
	for wake := range s.watchers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// add puts a source on top of those before it.
func (s *Store) add(p *Policy, name string, l *layer, faults []Fault) {
	if len(faults) > 0 {
		s.refuse(p, name, faults)
		return
	}
	p.Sources = append(p.Sources, Source{Name: name, Browser: name == managed, Said: &l.said})
	if reflect.ValueOf(l.said).IsZero() {
		return // it says nothing, and is not asked
	}
	p.layers = append(p.layers, l)
	p.Settings.merge(l)
}

// refuse makes the policy refuse everything because of a source.
func (s *Store) refuse(p *Policy, name string, faults []Fault) {
	p.Sources = append(p.Sources, Source{Name: name, Browser: name == managed, Faults: faults})
	//rule:unusable-file-refuses-all
	if p.broken == "" {
		p.broken = fmt.Sprintf("%s: %v", name, faults[0])
		if long := []rune(p.broken); len(long) > longestBy {
			p.broken = string(long[:longestBy-1]) + "…"
		}
	}
	s.options.Log.Error().Str("file", name).Stringer("reason", faults[0]).
		Msg("a policy cannot be used, so every socket is refused")
}
