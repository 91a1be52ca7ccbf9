// Opening a TCP connection, for either face.

import { own } from "../builtins.ts";
import type { PageTLSOptions } from "../../../protocol/page.ts";
import type { Connection, OpenRequest } from "./connection.ts";
import { StreamSocket } from "./stream_socket.ts";

/** Opens a connection, which startTls() may upgrade where the page has said so. `clock` tells milliseconds. */
export function openStream(
  connection: Pick<Connection, "open">,
  request: OpenRequest,
  clock: () => number,
): Promise<StreamSocket> {
  const { open } = request;
  let upgradable: PageTLSOptions | undefined;
  if (own(open, "secureTransport") === "starttls") {
    // Kept for startTls(): whoever says at open how TLS is to be spoken means it.
    upgradable = own(open, "tls") ?? {};
    delete open.tls;
  }
  return connection.open("tcp", request, (channel, budget) => new StreamSocket(channel, budget, clock, upgradable));
}
