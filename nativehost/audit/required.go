package audit

import (
	"bytes"

	"github.com/rs/zerolog"
)

// Failing returns why the place that the settings ask for takes no lines, or nil. Lines go
// elsewhere then, and are not lost. It waits for nobody.
func (l *Log) Failing() error {
	if l.place == nil {
		return nil
	}
	return l.place.keeper.Failing()
}

// Missing returns why nothing may be opened, since the settings require a place that takes
// no lines, or nil. The place is tried again meanwhile, so that opens help it to come back.
// It waits for nobody.
func (l *Log) Missing() error {
	//rule:required-audit-refuses
	if !l.required.Load() {
		return nil
	}
	err := l.Failing()
	if err != nil && l.trying.CompareAndSwap(false, true) {
		go func() {
			defer l.trying.Store(false)
			l.place.keeper.Try(l.probe())
		}()
	}
	return err
}

// probe is a line that does no harm: the session's facts.
func (l *Log) probe() []byte {
	var text bytes.Buffer
	log := zerolog.New(&text).With().Str("session", l.id).Logger()
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	var facts Facts
	if l.session.facts != nil {
		facts = *l.session.facts
	}
	facts.write(log.Log())
	return text.Bytes()
}
