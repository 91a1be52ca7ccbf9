// What the page script itself holds to. It has no authority: these are promises to the page and its user, not bounds for an attacker.

import { becomes, inUnit, row, type Mutant } from "./mutant.ts";

export const page: readonly Mutant[] = [
  ...row(
    "H1",
    [
      "lists-have-their-own-iterator",
      "Lists that the page script gives to built-ins are read by no iterator of the page's",
      inUnit("extension/page/builtins.test.ts", "a page that replaces the iterator of arrays"),
      becomes("return items as T[];"),
    ],
    [
      "unheard-wishes-said-once-more",
      "What a page asks for at the moment at which the background stops is not lost",
      inUnit("extension/content/gatekeeper.test.ts", "what nobody has heard, since the browser stopped the background"),
      becomes("false"),
    ],
  ),
  ...row("1", [
    "no-window-no-sockets",
    "The classes of the second generation make no socket in a document without a window",
    inUnit("extension/page/api/globals.test.ts", "in a document without a window nothing is opened"),
  ]),
  ...row("3", [
    "late-connection-is-closed",
    "A connection that is accepted when the page has given its server up is closed",
    inUnit("extension/page/api/tcp_server_socket.test.ts", "a connection that comes after the end is closed"),
  ]),
  ...row("5", [
    "page-rejects-multicast-options",
    "A page that may not join groups gets no socket with multicast options",
    inUnit(
      "extension/page/api/udp_socket.test.ts",
      "multicast options need the policy: without it opened rejects, and the socket is not kept",
    ),
  ]),
];
