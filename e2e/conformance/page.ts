// The script of the suite's page. The runner calls `conformance.run(id)`.
import "./checks/all.ts";
import { api } from "./kit/api.ts";
import { clicked, run } from "./kit/check.ts";

/** Opens one of each kind of socket that others can send to, each after a click: where the user is asked, they are asked now. */
async function askAll(): Promise<void> {
  // Those of every interface first: what is allowed for one address serves a wish for all of them, too.
  const open = [
    () => new api.TCPServerSocket("::"),
    () => new api.UDPSocket({ localAddress: "::" }),
    () => new api.UDPSocket({ localAddress: "0.0.0.0" }),
    () => new api.TCPServerSocket("127.0.0.1"),
    () => new api.TCPServerSocket("127.0.0.1", { secureTransport: "on" }),
    () => new api.TCPServerSocket("::1"),
    () => new api.UDPSocket({ localAddress: "127.0.0.1" }),
    () => new api.UDPSocket({ localAddress: "::1" }),
  ];
  for (const one of open) {
    try {
      await clicked();
      const socket = one();
      socket.closed.catch(() => undefined);
      await socket.opened;
      await socket.close();
    } catch (error) {
      // The checks will tell.
      console.error(String(error));
    }
  }
}

Object.assign(globalThis, { conformance: { run, askAll } });
