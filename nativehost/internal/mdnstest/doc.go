// Package mdnstest gives a test that is in a namespace of its own, see netns, others
// who speak multicast DNS: an honest responder, and the sockets of one who lies. What a
// liar says is the test's to write. It is for tests only. It promises that whatever it
// started has ended with the test.
package mdnstest
