package sockets

// RefusalDelay is for tests that look at the time of refusals from outside.
const RefusalDelay = refusalDelay
