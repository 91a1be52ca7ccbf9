// Multicast: the options of a bound UDPSocket, and MulticastController.
import { api, type Multicast, type UDP, type UDPInfo } from "../kit/api.ts";
import { bytesOf, equal, givesUndefined, ok, rejects, same, stateOf, text, throws } from "../kit/assert.ts";
import { askedLimit, clicked, draftChanged, draftSilent, group, nativeAtFault, type Scene } from "../kit/check.ts";

const add = group("Multicast");

/** Groups of the administratively scoped block (RFC 2365), and a transient one of the link (RFC 4291, section 2.7): no router lets them out. */
const groups = { one: "239.255.71.19", two: "239.255.71.20", six: "ff12::4711" };

interface Open {
  socket: UDP;
  info: UDPInfo;
  controller: Multicast;
}

async function open(scene: Scene, options: object = {}): Promise<Open> {
  const socket = scene.udp({ localAddress: "0.0.0.0", ...options });
  const info = await socket.opened;
  ok(info.multicastController, "there is a multicastController");
  return { socket, info, controller: info.multicastController };
}

add("multicast-controller", "OpenInfo of a bound socket has a MulticastController.", async (scene) => {
  const { controller } = await open(scene);
  ok(controller instanceof api.MulticastController, "an instance");
  equal(Object.prototype.toString.call(controller), "[object MulticastController]", "as a string");
});
add("multicast-none-joined", "A new controller has joined no group.", async (scene) => {
  same((await open(scene)).controller.joinedGroups, [], "joinedGroups");
});
add("multicast-joined-frozen", "joinedGroups is a frozen array.", async (scene) => {
  const { joinedGroups } = (await open(scene)).controller;
  ok(Array.isArray(joinedGroups), "an array");
  ok(Object.isFrozen(joinedGroups), "frozen");
});
add(
  "multicast-joined-new",
  "joinedGroups is another array after a group was joined; the earlier one stays as it was.",
  async (scene) => {
    const { controller } = await open(scene);
    const before = controller.joinedGroups;
    await controller.joinGroup(groups.one);
    same([before.length, controller.joinedGroups.length], [0, 1], "their lengths");
  },
);

const values: [string, string, unknown, boolean, ("bound" | "connected")?][] = [
  ["ttl-256", "multicastTimeToLive 256: TypeError.", { multicastTimeToLive: 256 }, false],
  ["ttl-negative", "multicastTimeToLive -1: TypeError.", { multicastTimeToLive: -1 }, false],
  ["ttl-word", "multicastTimeToLive that is a word: TypeError.", { multicastTimeToLive: "far" }, false],
  ["ttl-0", "multicastTimeToLive 0 is fine.", { multicastTimeToLive: 0 }, true],
  ["ttl-255", "multicastTimeToLive 255 is fine.", { multicastTimeToLive: 255 }, true],
  ["loopback", "multicastLoopback is true or false.", { multicastLoopback: false }, true],
  ["sharing", "multicastAllowAddressSharing is true or false.", { multicastAllowAddressSharing: true }, true],
];
for (const [id, sentence, options, fine] of values)
  add(`multicast-option-${id}`, sentence, async (scene) => {
    const make = (): UDP => scene.udp({ localAddress: "0.0.0.0", ...(options as object) });
    if (fine) await make().opened;
    else throws(make, "TypeError", "the constructor");
  });
for (const member of ["multicastTimeToLive", "multicastLoopback", "multicastAllowAddressSharing"])
  add(
    `multicast-connected-${member}`,
    `A socket with ${member} in connected mode does not open.`,
    async (scene) => {
      let error: unknown;
      try {
        await scene.udp({ remoteAddress: "127.0.0.1", remotePort: 9, [member]: 1 }).opened;
      } catch (caught) {
        error = caught;
      }
      const { name } = (error ?? {}) as { name?: string };
      ok(name === "TypeError" || name === "NotAllowedError", `TypeError or NotAllowedError, and not ${String(error)}`);
    },
    draftSilent("Chromium passes over the member."),
  );

add("multicast-join", "joinGroup() resolves with undefined, and joinedGroups has the address.", async (scene) => {
  const { controller } = await open(scene);
  await givesUndefined(controller.joinGroup(groups.one), "joinGroup()");
  same(controller.joinedGroups, [groups.one], "joinedGroups");
});
add(
  "multicast-join-two",
  "joinedGroups has the earliest first.",
  async (scene) => {
    const { controller } = await open(scene);
    await controller.joinGroup(groups.two);
    await controller.joinGroup(groups.one);
    same(controller.joinedGroups, [groups.two, groups.one], "joinedGroups");
  },
  nativeAtFault("They are in no order that the page could know."),
);
add(
  "multicast-leave",
  "leaveGroup() resolves with undefined, and joinedGroups has the address no more.",
  async (scene) => {
    const { controller } = await open(scene);
    await controller.joinGroup(groups.one);
    await givesUndefined(controller.leaveGroup(groups.one), "leaveGroup()");
    same(controller.joinedGroups, [], "joinedGroups");
  },
);
add("multicast-rejoin", "A group that was left can be joined again.", async (scene) => {
  const { controller } = await open(scene);
  await controller.joinGroup(groups.one);
  await controller.leaveGroup(groups.one);
  await controller.joinGroup(groups.one);
  same(controller.joinedGroups, [groups.one], "joinedGroups");
});
add("multicast-join-ipv6", "A socket at :: joins a group of IPv6.", async (scene) => {
  const { controller } = await open(scene, { localAddress: "::" });
  await controller.joinGroup(groups.six);
  same(controller.joinedGroups, [groups.six], "joinedGroups");
});

const notGroups: Record<string, unknown> = {
  "a name": "example.org",
  nothing: "",
  "an address of a host": "198.51.100.1",
  "an address of this computer": "127.0.0.1",
  "the broadcast address": "255.255.255.255",
  "an address beyond multicast": "240.0.0.1",
  "an address of an IPv6 host": "2001:db8::1",
  "in brackets": "[ff02::1]",
  undefined: undefined,
  null: null,
};
for (const [what, address] of Object.entries(notGroups))
  add(
    `multicast-join-${what.replaceAll(" ", "-")}`,
    `joinGroup() with ${what}: TypeError, as a rejection.`,
    async (scene) => {
      await rejects((await open(scene)).controller.joinGroup(address), "TypeError", "joinGroup()");
    },
  );
add(
  "multicast-join-no-arguments",
  "joinGroup() and leaveGroup() without arguments: TypeError, as rejections.",
  async (scene) => {
    const { controller } = await open(scene);
    await rejects(controller.joinGroup(), "TypeError", "joinGroup()");
    await rejects(controller.leaveGroup(), "TypeError", "leaveGroup()");
  },
);
for (const what of ["a name", "nothing", "in brackets"])
  add(
    `multicast-leave-${what.replaceAll(" ", "-")}`,
    `leaveGroup() with ${what}: TypeError, as a rejection.`,
    async (scene) => {
      await rejects((await open(scene)).controller.leaveGroup(notGroups[what]), "TypeError", "leaveGroup()");
    },
  );
add("multicast-join-twice", "The same group twice: InvalidStateError.", async (scene) => {
  const { controller } = await open(scene);
  await controller.joinGroup(groups.one);
  await rejects(controller.joinGroup(groups.one), "InvalidStateError", "the second joinGroup()");
  same(controller.joinedGroups, [groups.one], "joinedGroups");
});
add("multicast-join-while-joining", "The same group while it is being joined: InvalidStateError.", async (scene) => {
  const { controller } = await open(scene);
  const first = controller.joinGroup(groups.one);
  await rejects(controller.joinGroup(groups.one), "InvalidStateError", "the second joinGroup()");
  await first;
});
add("multicast-leave-never-joined", "A group that was never joined: InvalidStateError.", async (scene) => {
  await rejects((await open(scene)).controller.leaveGroup(groups.one), "InvalidStateError", "leaveGroup()");
});
add("multicast-leave-twice", "A group that was left already, or is being left: InvalidStateError.", async (scene) => {
  const { controller } = await open(scene);
  await controller.joinGroup(groups.one);
  const first = controller.leaveGroup(groups.one);
  await rejects(controller.leaveGroup(groups.one), "InvalidStateError", "while it is being left");
  await first;
  await rejects(controller.leaveGroup(groups.one), "InvalidStateError", "when it was left");
});
add("multicast-join-closed", "After the socket has closed: InvalidStateError.", async (scene) => {
  const { socket, controller } = await open(scene);
  await socket.close();
  await rejects(controller.joinGroup(groups.one), "InvalidStateError", "joinGroup()");
  await rejects(controller.leaveGroup(groups.one), "InvalidStateError", "leaveGroup()");
});
add(
  "multicast-join-close",
  "A join that waits when the socket closes ends: with AbortError, or in time.",
  async (scene) => {
    const { socket, controller } = await open(scene);
    const join = controller.joinGroup(groups.one);
    const closing = socket.close();
    const error: unknown = await join.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    ok(error === undefined || (error as Error).name === "AbortError", `no other error: ${String(error)}`);
    await closing;
  },
);

/** Chromium 156 passes over sourceAddress, unless it is built with a feature that is off. */
const noSources = draftChanged("Chromium 156 joins for any source, whatever sourceAddress says.");

const notSources: Record<string, unknown> = {
  "a name": "example.org",
  "a group": "239.1.2.3",
  "this computer": "127.0.0.1",
  "the unspecified address": "0.0.0.0",
  "the other IP version": "2001:db8::1",
  nothing: "",
};
for (const [what, sourceAddress] of Object.entries(notSources))
  add(
    `multicast-source-${what.replaceAll(" ", "-")}`,
    `sourceAddress that is ${what}: TypeError, as a rejection.`,
    async (scene) => {
      const { controller } = await open(scene);
      await rejects(controller.joinGroup(groups.one, { sourceAddress }), "TypeError", "joinGroup()");
    },
    noSources,
  );
add(
  "multicast-source-join",
  "A membership of one source is an object in joinedGroups.",
  async (scene) => {
    const { controller } = await open(scene);
    await controller.joinGroup("232.1.2.3", { sourceAddress: "198.51.100.7" });
    same(controller.joinedGroups, [{ groupAddress: "232.1.2.3", sourceAddress: "198.51.100.7" }], "joinedGroups");
  },
  noSources,
);
add(
  "multicast-source-two",
  "One group can be joined for two sources, and left for one.",
  async (scene) => {
    const { controller } = await open(scene);
    await controller.joinGroup("232.1.2.3", { sourceAddress: "198.51.100.7" });
    await controller.joinGroup("232.1.2.3", { sourceAddress: "198.51.100.8" });
    await controller.leaveGroup("232.1.2.3", { sourceAddress: "198.51.100.7" });
    same(controller.joinedGroups, [{ groupAddress: "232.1.2.3", sourceAddress: "198.51.100.8" }], "joinedGroups");
  },
  noSources,
);
add("multicast-source-twice", "The same group and source twice: InvalidStateError.", async (scene) => {
  const { controller } = await open(scene);
  const options = { sourceAddress: "198.51.100.7" };
  await controller.joinGroup("232.1.2.3", options);
  await rejects(controller.joinGroup("232.1.2.3", options), "InvalidStateError", "the second joinGroup()");
});
add(
  "multicast-source-leave-other",
  "leaveGroup() of another source: InvalidStateError.",
  async (scene) => {
    const { controller } = await open(scene);
    await controller.joinGroup("232.1.2.3", { sourceAddress: "198.51.100.7" });
    const leave = controller.leaveGroup("232.1.2.3", { sourceAddress: "198.51.100.8" });
    await rejects(leave, "InvalidStateError", "leaveGroup()");
  },
  noSources,
);
add("multicast-source-mixed", "Any source and one source for the same group: InvalidStateError.", async (scene) => {
  const { controller } = await open(scene);
  await controller.joinGroup("232.1.2.3");
  const join = controller.joinGroup("232.1.2.3", { sourceAddress: "198.51.100.7" });
  await rejects(join, "InvalidStateError", "joinGroup() with a source");
});
add("multicast-source-undefined", "sourceAddress given as undefined counts as absent.", async (scene) => {
  const { controller } = await open(scene);
  await controller.joinGroup(groups.one, { sourceAddress: undefined });
  same(controller.joinedGroups, [groups.one], "joinedGroups");
});

add(
  "multicast-two-subscribers",
  "What is sent to a group reaches two sockets that have joined it at one port.",
  async (scene) => {
    const sharing = { multicastAllowAddressSharing: true };
    const first = await open(scene, sharing);
    await first.controller.joinGroup(groups.one);
    await clicked();
    const second = await open(scene, { ...sharing, localPort: first.info.localPort });
    await second.controller.joinGroup(groups.one);
    const sender = await open(scene, { multicastTimeToLive: 0, multicastLoopback: true });
    await sender.controller.joinGroup(groups.one);
    const readers = [scene.reader(first.info.readable), scene.reader(second.info.readable)];
    const writer = scene.writer(sender.info.writable);
    for (let size = 1; size <= 35; size++) {
      await writer.write({
        data: new Uint8Array(size).fill(size),
        remoteAddress: groups.one,
        remotePort: first.info.localPort,
      });
      for (const reader of readers) equal((await reader.read()).value?.data.length, size, "the length of the message");
    }
  },
  { limit: askedLimit },
);
add("multicast-send-only", "A socket sends to a group that it has not joined.", async (scene) => {
  const { info, controller } = await open(scene);
  await controller.joinGroup(groups.one);
  const sender = await open(scene, { multicastTimeToLive: 0 });
  await scene
    .writer(sender.info.writable)
    .write({ data: bytesOf("hello"), remoteAddress: groups.one, remotePort: info.localPort });
  const { value } = await scene.reader(info.readable).read();
  equal(text(value?.data ?? new Uint8Array()), "hello", "what the group heard");
});
add(
  "multicast-loopback-off",
  "With multicastLoopback false this computer does not hear what is sent.",
  async (scene) => {
    const { info, controller } = await open(scene);
    await controller.joinGroup(groups.one);
    const sender = await open(scene, { multicastLoopback: false, multicastTimeToLive: 0 });
    await sender.controller.joinGroup(groups.one);
    const read = scene.reader(info.readable).read();
    await scene
      .writer(sender.info.writable)
      .write({ data: bytesOf("x"), remoteAddress: groups.one, remotePort: info.localPort });
    equal(await stateOf(read, 300), "pending", "the read");
  },
);
add(
  "multicast-not-joined",
  "A socket that has not joined a group does not hear it.",
  async (scene) => {
    const { info } = await open(scene, { multicastAllowAddressSharing: true });
    const joined = await open(scene, { multicastAllowAddressSharing: true });
    await joined.controller.joinGroup(groups.one);
    const read = scene.reader(info.readable).read();
    await scene
      .writer(joined.info.writable)
      .write({ data: bytesOf("x"), remoteAddress: groups.one, remotePort: info.localPort });
    equal(await stateOf(read, 300), "pending", "the read");
  },
  nativeAtFault(
    "Linux gives a socket at 0.0.0.0 the groups of all others too, unless it is told not to (IP_MULTICAST_ALL).",
  ),
);
add("multicast-source-heard", "A datagram of a group tells where it is from.", async (scene) => {
  const { info, controller } = await open(scene);
  await controller.joinGroup(groups.one);
  await scene
    .writer(info.writable)
    .write({ data: bytesOf("hello"), remoteAddress: groups.one, remotePort: info.localPort });
  const { value } = await scene.reader(info.readable).read();
  same([text(value?.data ?? new Uint8Array()), value?.remotePort], ["hello", info.localPort], "the message");
});
