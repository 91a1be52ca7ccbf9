// Package netns gives a test a network of its own: a Linux network namespace, with
// addresses, neighbours and name servers as the test wants them and no way out. It
// is for tests only. It promises that whatever it started has ended with the test.
package netns
