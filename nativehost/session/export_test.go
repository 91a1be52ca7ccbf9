package session

// The bounds that tests from outside come up against.
const (
	MaxBrowsings = maxBrowsings
	MaxSources   = maxSources
)
