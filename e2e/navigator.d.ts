// Tests, examples and benchmarks run where Portside is: for them the methods are there. Page authors have sdk/direct-sockets.d.ts in place of
// this.

interface Navigator {
  readonly openTCPSocket: PortsideOpenTCPSocket;
  readonly openUDPSocket: PortsideOpenUDPSocket;
}
