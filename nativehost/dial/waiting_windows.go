package dial

import "net"

// waiting does not look: what waits to be read fails the handshake.
func waiting(*net.TCPConn) bool { return false }
