//go:build unix

package sockopt

// TellsArrivals is whether this system tells how datagrams have come.
const TellsArrivals = true
