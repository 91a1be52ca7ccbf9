// new TCPSocket(): what the constructor refuses, synchronously, and what it takes.
import { api } from "../kit/api.ts";
import { equal, ok, same, throws } from "../kit/assert.ts";
import { group, nativeAtFault } from "../kit/check.ts";
import { notUnsignedLong } from "./values.ts";

const add = group("Constructing a TCPSocket");
const made = (...args: unknown[]): unknown => new api.TCPSocket(...args);

add("tcp-no-arguments", "Without arguments: TypeError.", () => {
  throws(() => made(), "TypeError", "no arguments");
});
add("tcp-one-argument", "Without a port: TypeError.", () => {
  throws(() => made("127.0.0.1"), "TypeError", "one argument");
});
add("tcp-symbol-address", "A symbol for an address: TypeError.", () => {
  throws(() => made(Symbol("a"), 9), "TypeError", "a symbol");
});
add("tcp-symbol-port", "A symbol for a port: TypeError.", () => {
  throws(() => made("127.0.0.1", Symbol("a")), "TypeError", "a symbol");
});
add("tcp-bigint-port", "A BigInt for a port: TypeError.", () => {
  throws(() => made("127.0.0.1", 9n), "TypeError", "a BigInt");
});
for (const [what, options] of Object.entries({ number: 1, string: "x", boolean: true, symbol: Symbol("a") }))
  add(`tcp-options-${what}`, `A ${what} for options: TypeError.`, () => {
    throws(() => made("127.0.0.1", 9, options), "TypeError", `a ${what}`);
  });
add("tcp-options-absent", "null and undefined for options are no options.", (scene) => {
  scene.tcp("127.0.0.1", 9, null);
  scene.tcp("127.0.0.1", 9, undefined);
});
add("tcp-options-function", "A function is an object, and so can be options.", (scene) => {
  scene.tcp("127.0.0.1", 9, () => undefined);
});

for (const member of ["sendBufferSize", "receiveBufferSize", "keepAliveDelay"]) {
  for (const [what, value] of Object.entries(notUnsignedLong))
    add(`tcp-${member}-${what.replaceAll(" ", "-")}`, `${member}: ${what} is out of range: TypeError.`, () => {
      throws(() => made("127.0.0.1", 9, { [member]: value }), "TypeError", what);
    });
  add(`tcp-${member}-zero`, `${member}: 0 is refused: TypeError.`, () => {
    throws(() => made("127.0.0.1", 9, { [member]: 0 }), "TypeError", "0");
  });
  add(`tcp-${member}-null`, `${member}: null becomes 0, and is refused: TypeError.`, () => {
    throws(() => made("127.0.0.1", 9, { [member]: null }), "TypeError", "null");
  });
  add(`tcp-${member}-undefined`, `${member}: undefined counts as absent.`, (scene) => {
    scene.tcp("127.0.0.1", 9, { [member]: undefined });
  });
  add(`tcp-${member}-string`, `${member}: a string of digits is a number.`, (scene) => {
    scene.tcp("127.0.0.1", 9, { [member]: "65536" });
  });
  add(`tcp-${member}-symbol`, `${member}: a symbol: TypeError.`, () => {
    throws(() => made("127.0.0.1", 9, { [member]: Symbol("a") }), "TypeError", "a symbol");
  });
}
add("tcp-keepalive-999", "keepAliveDelay: less than 1000 ms: TypeError.", () => {
  throws(() => made("127.0.0.1", 9, { keepAliveDelay: 999 }), "TypeError", "999");
  throws(() => made("127.0.0.1", 9, { keepAliveDelay: 1 }), "TypeError", "1");
});
add("tcp-keepalive-fraction", "keepAliveDelay: a fraction is cut off before it is compared.", (scene) => {
  throws(() => made("127.0.0.1", 9, { keepAliveDelay: 999.9 }), "TypeError", "999.9");
  scene.tcp("127.0.0.1", 9, { keepAliveDelay: 1000.9 });
});
add("tcp-buffer-fraction", "sendBufferSize: a fraction below 1 becomes 0: TypeError.", () => {
  throws(() => made("127.0.0.1", 9, { sendBufferSize: 0.9 }), "TypeError", "0.9");
});
for (const value of ["", "IPv4", "ipv5", "any", null, 4])
  add(
    `tcp-dns-query-type-${JSON.stringify(value).replaceAll('"', "") || "empty"}`,
    `dnsQueryType: ${JSON.stringify(value)} is none of the enumeration: TypeError.`,
    () => {
      throws(() => made("127.0.0.1", 9, { dnsQueryType: value }), "TypeError", JSON.stringify(value));
    },
  );
add("tcp-dns-query-type-undefined", "dnsQueryType: undefined counts as absent.", (scene) => {
  scene.tcp("127.0.0.1", 9, { dnsQueryType: undefined });
});
add("tcp-no-delay-any", "noDelay: every value is true or false.", (scene) => {
  for (const noDelay of [true, false, null, 0, 1, "", "no", {}]) scene.tcp("127.0.0.1", 9, { noDelay });
});
add("tcp-unknown-member", "Members that are not of the dictionary do nothing.", (scene) => {
  scene.tcp("127.0.0.1", 9, { nothing: 1, "": 2, [Symbol("a")]: 3 });
});

add("tcp-order-of-arguments", "The arguments are converted in their order.", (scene) => {
  const order: string[] = [];
  const note = (what: string, value: unknown): object => ({
    toString: () => (order.push(what), value),
    valueOf: () => (order.push(what), value),
  });
  scene.tcp(note("address", "127.0.0.1"), note("port", 9), {
    get noDelay() {
      order.push("options");
      return false;
    },
  });
  same(order, ["address", "port", "options"], "the order");
});
add(
  "tcp-order-of-members",
  "The members of the options are read once each, in the order of the alphabet.",
  (scene) => {
    const order: string[] = [];
    const members = ["sendBufferSize", "receiveBufferSize", "noDelay", "keepAliveDelay", "dnsQueryType"];
    const options = Object.defineProperties(
      {},
      Object.fromEntries(members.map((name) => [name, { get: () => void order.push(name) }])),
    );
    scene.tcp("127.0.0.1", 9, options);
    same(
      order.filter((name) => members.includes(name)),
      members.sort(),
      "the order",
    );
  },
  nativeAtFault("Chromium's options inherit the buffer sizes from a dictionary of their own, which is read first."),
);
add("tcp-getter-throws", "What a getter of the options throws, the constructor throws.", () => {
  const error = new RangeError("mine");
  let caught: unknown;
  try {
    made("127.0.0.1", 9, {
      get noDelay() {
        throw error;
      },
    });
  } catch (thrown) {
    caught = thrown;
  }
  equal(caught, error, "the error");
});
add("tcp-inherited-member", "A member that the options inherit counts.", () => {
  throws(() => made("127.0.0.1", 9, Object.create({ keepAliveDelay: 1 })), "TypeError", "an inherited keepAliveDelay");
});
add("tcp-promises-at-once", "opened and closed are promises as soon as there is an object.", (scene) => {
  const socket = scene.tcp("127.0.0.1", 9);
  ok(socket.opened instanceof Promise, "opened is a promise");
  ok(socket.closed instanceof Promise, "closed is a promise");
});
add("tcp-same-promises", "opened and closed are the same promises at every get.", (scene) => {
  const socket = scene.tcp("127.0.0.1", 9);
  equal(socket.opened, socket.opened, "opened");
  equal(socket.closed, socket.closed, "closed");
  ok((socket.opened as unknown) !== (socket.closed as unknown), "they are two promises");
});
