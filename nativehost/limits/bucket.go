package limits

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// bucket is a token bucket that may be overdrawn by as much as it holds, so that an
// origin whose attempts all fail is held up for at most the time in which two
// buckets fill. The nil bucket does not limit. It has no lock: its Counter has.
type bucket struct {
	limiter *rate.Limiter
	size    int
}

// newBucket returns a full bucket of size tokens that gets perSecond new ones.
func newBucket(perSecond float64, size int) *bucket {
	if perSecond <= 0 || size <= 0 {
		return nil
	}
	return &bucket{rate.NewLimiter(rate.Limit(perSecond), size), size}
}

// overMinutes returns a bucket from which at most n tokens can be taken within any
// minute, whatever came before: it holds a fifth of them, and the other four fifths
// come in the course of a minute. So 300 are bursts of 60 and then 4 per second; a
// bucket that holds all 300 would let twice as many through in its first minute.
func overMinutes(n int) *bucket {
	const share, minute = 5, 60
	size := n / share
	if size <= 1 {
		// One at a time, a minute's nth part apart.
		return newBucket(float64(n)/minute, 1)
	}
	return newBucket(float64( /*rule:overall-rate-includes-burst*/ n-size)/minute, size)
}

// has reports whether there is a token.
func (b *bucket) has(now time.Time) bool { return b == nil || b.limiter.TokensAt(now) >= 1 }

// take takes a token that is there.
func (b *bucket) take(now time.Time) {
	if b != nil {
		b.limiter.AllowN(now, 1)
	}
}

// owe takes a token that need not be there, as long as the debt is bounded.
func (b *bucket) owe(now time.Time) {
	if b != nil && b.limiter.TokensAt(now) >= float64(1-b.size) {
		b.limiter.ReserveN(now, 1)
	}
}

// used returns how many tokens are missing.
func (b *bucket) used(now time.Time) int {
	if b == nil {
		return 0
	}
	return max(0, int(math.Ceil(float64(b.size)-b.limiter.TokensAt(now))))
}

// charged returns the bucket after used tokens were taken out of it.
func (b *bucket) charged(used int, now time.Time) *bucket {
	if b != nil {
		for range min(used, 2*b.size) {
			b.limiter.ReserveN(now, 1)
		}
	}
	return b
}
