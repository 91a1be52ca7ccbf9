// new TCPServerSocket(): what the constructor refuses, synchronously, and what it takes.
import { api } from "../kit/api.ts";
import { equal, ok, throws } from "../kit/assert.ts";
import { draftChanged, group } from "../kit/check.ts";
import { looseAddress, notAnAddress, notUnsignedLong, notUnsignedShort } from "./values.ts";

const add = group("Constructing a TCPServerSocket");
const made = (...args: unknown[]): unknown => new api.TCPServerSocket(...args);

const refused = (id: string, sentence: string, ...args: unknown[]): void => {
  add(id, `${sentence}: TypeError.`, () => {
    throws(() => made(...args), "TypeError", "the constructor");
  });
};

refused("server-no-arguments", "Without an address");
refused("server-undefined", "undefined for an address is a word", undefined);
refused("server-null", "null for an address is a word", null);
refused("server-symbol", "A symbol for an address", Symbol("a"));
for (const [what, localAddress] of Object.entries(notAnAddress))
  add(
    `server-address-${what.replaceAll(" ", "-")}`,
    `An address ${what}: TypeError.`,
    () => {
      throws(() => made(localAddress), "TypeError", "the constructor");
    },
    looseAddress(what),
  );
refused("server-options-number", "A number for options", "127.0.0.1", 1);
refused("server-options-string", "A string for options", "127.0.0.1", "x");
refused("server-port-zero", "localPort 0", "127.0.0.1", { localPort: 0 });
refused("server-port-null", "localPort null becomes 0", "127.0.0.1", { localPort: null });
refused("server-backlog-zero", "backlog 0", "127.0.0.1", { backlog: 0 });
refused("server-backlog-null", "backlog null becomes 0", "127.0.0.1", { backlog: null });
for (const [what, value] of Object.entries(notUnsignedShort))
  refused(`server-port-${what.replaceAll(" ", "-")}`, `localPort ${what}`, "127.0.0.1", { localPort: value });
for (const [what, value] of Object.entries(notUnsignedLong))
  refused(`server-backlog-${what.replaceAll(" ", "-")}`, `backlog ${what}`, "127.0.0.1", { backlog: value });
refused("server-ipv6-only-ipv4", "ipv6Only true with an IPv4 address", "127.0.0.1", { ipv6Only: true });
refused("server-ipv6-only-loopback", "ipv6Only true with ::1", "::1", { ipv6Only: true });

add(
  "server-ipv6-only-false",
  "ipv6Only false is for every address.",
  (scene) => {
    scene.server("127.0.0.1", { ipv6Only: false });
    scene.server("::1", { ipv6Only: false });
  },
  draftChanged(
    "Chromium refuses ipv6Only with any address but ::, also when it is false; the draft refuses true only.",
  ),
);
add("server-ipv6-only-unspecified", "ipv6Only is for ::, in every spelling of it.", (scene) => {
  for (const localAddress of ["::", "0:0:0:0:0:0:0:0", "0::0"]) scene.server(localAddress, { ipv6Only: true });
});
add("server-options-absent", "null and undefined for options are no options.", (scene) => {
  scene.server("127.0.0.1", null);
  scene.server("127.0.0.1", undefined);
});
add("server-undefined-members", "Members given as undefined count as absent.", (scene) => {
  scene.server("127.0.0.1", { localPort: undefined, backlog: undefined, ipv6Only: undefined });
});
add("server-same-promises", "opened and closed are the same promises at every get.", (scene) => {
  const socket = scene.server("127.0.0.1");
  equal(socket.opened, socket.opened, "opened");
  equal(socket.closed, socket.closed, "closed");
  ok((socket.opened as unknown) !== (socket.closed as unknown), "they are two promises");
});
