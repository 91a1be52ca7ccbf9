// new UDPSocket(): the two modes, what belongs to which, and what the constructor refuses.
import { api } from "../kit/api.ts";
import { equal, ok, same, throws } from "../kit/assert.ts";
import { group, nativeAtFault, type Expectation } from "../kit/check.ts";
import { looseAddress, notAnAddress, notUnsignedLong, notUnsignedShort } from "./values.ts";

const add = group("Constructing a UDPSocket");
const made = (...args: unknown[]): unknown => new api.UDPSocket(...args);
const connected = { remoteAddress: "127.0.0.1", remotePort: 9 };
const bound = { localAddress: "127.0.0.1" };

const refused = (id: string, sentence: string, options: unknown, expectation: Expectation = {}): void => {
  add(
    id,
    `${sentence}: TypeError.`,
    () => {
      throws(() => made(options), "TypeError", "the constructor");
    },
    expectation,
  );
};

add("udp-no-arguments", "Without arguments there is no mode: TypeError.", () => {
  throws(() => made(), "TypeError", "no arguments");
});
refused("udp-undefined", "undefined for options has no mode", undefined);
refused("udp-null", "null for options has no mode", null);
refused("udp-empty", "Empty options have no mode", {});
refused("udp-number", "A number for options", 1);
refused("udp-string", "A string for options", "127.0.0.1");
refused("udp-only-buffers", "Options without an address have no mode", { sendBufferSize: 4096 });
refused("udp-only-remote-address", "remoteAddress without remotePort", { remoteAddress: "127.0.0.1" });
refused("udp-only-remote-port", "remotePort without remoteAddress", { remotePort: 9 });
refused("udp-only-remote-port-and-local", "remotePort without remoteAddress, with localAddress", {
  ...bound,
  remotePort: 9,
});
refused("udp-only-remote-address-and-local", "remoteAddress without remotePort, with localAddress", {
  ...bound,
  remoteAddress: "127.0.0.1",
});
refused("udp-both-modes", "Both modes at once", { ...connected, ...bound });
refused("udp-undefined-remote-port", "remotePort given as undefined is absent", {
  remoteAddress: "127.0.0.1",
  remotePort: undefined,
});
refused("udp-undefined-remote-address", "remoteAddress given as undefined is absent", {
  remoteAddress: undefined,
  remotePort: 9,
});
refused("udp-local-port-alone", "localPort without localAddress", { localPort: 40_000 });
refused("udp-local-port-connected", "localPort in connected mode", { ...connected, localPort: 40_000 });
refused("udp-local-port-zero", "localPort 0", { ...bound, localPort: 0 });
refused("udp-local-port-null", "localPort null becomes 0", { ...bound, localPort: null });
refused("udp-dns-query-type-bound", "dnsQueryType in bound mode", { ...bound, dnsQueryType: "ipv4" });
refused("udp-dns-query-type-unknown", "A dnsQueryType that is none of the enumeration", {
  ...connected,
  dnsQueryType: "ipv5",
});
refused("udp-ipv6-only-connected", "ipv6Only in connected mode", { ...connected, ipv6Only: true });
refused("udp-ipv6-only-false-connected", "ipv6Only false in connected mode", { ...connected, ipv6Only: false });
refused("udp-ipv6-only-ipv4", "ipv6Only with an IPv4 address", { ...bound, ipv6Only: true });
refused("udp-ipv6-only-false-ipv4", "ipv6Only false with an IPv4 address", { ...bound, ipv6Only: false });
refused("udp-ipv6-only-loopback", "ipv6Only with ::1", { localAddress: "::1", ipv6Only: true });

add("udp-ipv6-only-unspecified", "ipv6Only is for ::, in every spelling of it.", (scene) => {
  for (const localAddress of ["::", "0:0:0:0:0:0:0:0", "0::0"]) {
    scene.udp({ localAddress, ipv6Only: true });
    scene.udp({ localAddress, ipv6Only: false });
  }
});
add("udp-undefined-members", "Members given as undefined count as absent.", (scene) => {
  const nothing = { localPort: undefined, dnsQueryType: undefined, ipv6Only: undefined };
  scene.udp({ ...connected, ...nothing, localAddress: undefined });
  scene.udp({ ...bound, ...nothing, remoteAddress: undefined, remotePort: undefined });
});

for (const [what, localAddress] of Object.entries(notAnAddress))
  refused(
    `udp-local-address-${what.replaceAll(" ", "-")}`,
    `localAddress ${what}`,
    { localAddress },
    looseAddress(what),
  );

for (const member of ["sendBufferSize", "receiveBufferSize"]) {
  for (const [what, value] of Object.entries(notUnsignedLong))
    refused(`udp-${member}-${what.replaceAll(" ", "-")}`, `${member} ${what}`, { ...connected, [member]: value });
  refused(`udp-${member}-zero`, `${member} 0 in connected mode`, { ...connected, [member]: 0 });
  refused(`udp-${member}-zero-bound`, `${member} 0 in bound mode`, { ...bound, [member]: 0 });
}
for (const [what, value] of Object.entries(notUnsignedShort)) {
  refused(`udp-remote-port-${what.replaceAll(" ", "-")}`, `remotePort ${what}`, { ...connected, remotePort: value });
  refused(`udp-local-port-${what.replaceAll(" ", "-")}`, `localPort ${what}`, { ...bound, localPort: value });
}
add(
  "udp-order-of-members",
  "The members of the options are read once each, in the order of the alphabet.",
  (scene) => {
    const order: string[] = [];
    const values: Record<string, unknown> = { remotePort: 9, remoteAddress: "127.0.0.1" };
    const members = [
      "sendBufferSize",
      "remotePort",
      "remoteAddress",
      "receiveBufferSize",
      "localPort",
      "localAddress",
      "ipv6Only",
      "dnsQueryType",
    ];
    const get = (name: string): unknown => {
      order.push(name);
      return values[name];
    };
    scene.udp(Object.defineProperties({}, Object.fromEntries(members.map((name) => [name, { get: () => get(name) }]))));
    same(
      order.filter((name) => members.includes(name)),
      members.sort(),
      "the order",
    );
  },
  nativeAtFault("Chromium's options inherit the buffer sizes from a dictionary of their own, which is read first."),
);
add("udp-getter-throws", "What a getter of the options throws, the constructor throws.", () => {
  const error = new RangeError("mine");
  let caught: unknown;
  try {
    made({
      get localAddress() {
        throw error;
      },
    });
  } catch (thrown) {
    caught = thrown;
  }
  equal(caught, error, "the error");
});
add("udp-same-promises", "opened and closed are the same promises at every get.", (scene) => {
  const socket = scene.udp(bound);
  equal(socket.opened, socket.opened, "opened");
  equal(socket.closed, socket.closed, "closed");
  ok((socket.opened as unknown) !== (socket.closed as unknown), "they are two promises");
});
