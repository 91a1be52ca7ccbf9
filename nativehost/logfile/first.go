package logfile

// Failing returns why the first of the places takes no lines, or nil. It waits for nobody.
func (k *Keeper) Failing() error {
	if err := k.failing.Load(); err != nil {
		return *err
	}
	return nil
}

// Try has the first place tried again, if it has failed for a while: it is opened, or the
// line written there and nowhere else. It may wait for the place.
func (k *Keeper) Try(line []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || len(k.places) == 0 {
		return
	}
	switch first := k.places[0]; {
	case !first.failing || k.rests(first):
	case first.file == nil:
		k.reopen(first)
	default:
		_, err := first.file.Write(line)
		k.tell(0, first, err)
	}
}

// firstIs notes whether the first place takes lines. The caller holds the mutex.
func (k *Keeper) firstIs(err error) {
	if err == nil {
		k.failing.Store(nil)
		return
	}
	k.failing.Store(&err)
}
