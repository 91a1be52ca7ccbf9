// Package mdnstest gives a test that is in a namespace of its own, see netns, other
// multicast DNS responders: one that answers truly, and the sockets of one that gives
// false answers, which are the test's to write. It is for tests only. It promises that
// whatever it started has ended with the test.
package mdnstest
