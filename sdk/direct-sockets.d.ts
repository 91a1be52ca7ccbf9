// Types of the API that Portside puts on secure pages. Add this file and socket-types.d.ts to a project, TypeScript 5.4 or newer.

/// <reference path="./socket-types.d.ts" />

interface Navigator {
  /** Absent without Portside. */
  readonly openTCPSocket?: PortsideOpenTCPSocket;
  /** Absent without Portside. */
  readonly openUDPSocket?: PortsideOpenUDPSocket;
}
