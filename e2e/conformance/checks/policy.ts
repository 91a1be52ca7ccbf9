// Permissions policies: direct-sockets and direct-sockets-multicast, in frames whose headers say otherwise than the page's.
import type { API, UDP } from "../kit/api.ts";
import { equal, isError, ok, rejects, same } from "../kit/assert.ts";
import { draftChanged, group, type Expectation, type Scene } from "../kit/check.ts";

const add = group("Permissions policy");

/** A browser's own implementation knows the policy when the constructor runs. Portside's page script does not. */
const asynchronous: Expectation = {
  portside: {
    kind: "ours on purpose",
    why: "Which policies a document has only the browser's extension API tells: opened rejects, and the constructor does not throw.",
  },
  limit: 4_000,
};

async function frame(scene: Scene, path: string, allow?: string): Promise<API> {
  const element = document.createElement("iframe");
  if (allow !== undefined) element.allow = allow;
  element.src = path;
  const loaded = new Promise((resolve) => (element.onload = resolve));
  document.body.append(element);
  scene.atEnd(() => {
    element.remove();
  });
  await loaded;
  return element.contentWindow as unknown as API;
}

type Make = (window: API, port: number) => { opened: Promise<unknown>; closed: Promise<unknown> };
const kinds: Record<string, Make> = {
  TCPSocket: (window, port) => new window.TCPSocket("127.0.0.1", port),
  "UDPSocket, connected": (window, port) => new window.UDPSocket({ remoteAddress: "127.0.0.1", remotePort: port }),
  "UDPSocket, bound": (window) => new window.UDPSocket({ localAddress: "127.0.0.1" }),
  TCPServerSocket: (window) => new window.TCPServerSocket("127.0.0.1"),
};

/** The error that keeps a socket from opening, thrown or by a rejection. */
async function refusal(make: () => { opened: Promise<unknown>; closed: Promise<unknown> }): Promise<unknown> {
  let socket;
  try {
    socket = make();
  } catch (error) {
    return error;
  }
  socket.closed.catch(() => undefined);
  return await socket.opened.then(
    () => undefined,
    (error: unknown) => error,
  );
}

for (const [name, make] of Object.entries(kinds)) {
  const key = name.toLowerCase().replace(", ", "-");
  add(
    `policy-denied-${key}`,
    `${name}: without direct-sockets nothing opens: NotAllowedError.`,
    async (scene) => {
      const window = await frame(scene, "/denied");
      const { port } = await scene.far.tcp({ does: "sink" });
      const error = await refusal(() => make(window, port));
      ok(isError(error, "NotAllowedError"), `NotAllowedError, and not ${String(error)}`);
    },
    { limit: 4_000 },
  );
  add(
    `policy-throws-${key}`,
    `${name}: without direct-sockets the constructor throws NotAllowedError.`,
    async (scene) => {
      const window = await frame(scene, "/denied");
      let thrown: unknown;
      try {
        const socket = make(window, 9);
        socket.closed.catch(() => undefined);
        socket.opened.catch(() => undefined);
      } catch (error) {
        thrown = error;
      }
      ok(isError(thrown, "NotAllowedError"), `NotAllowedError, and not ${String(thrown)}`);
    },
    asynchronous,
  );
}
add(
  "policy-frame-of-page",
  "A frame of the page's own origin has the interfaces, and they work.",
  async (scene) => {
    const window = await frame(scene, "/frame");
    const { port } = await scene.far.tcp({ does: "echo" });
    const socket = scene.keep(new window.TCPSocket("127.0.0.1", port));
    equal((await socket.opened).remotePort, port, "remotePort");
  },
  { limit: 4_000 },
);
add(
  "policy-frame-of-page-error",
  "Errors of a frame's sockets are of the frame's window.",
  async (scene) => {
    const window = await frame(scene, "/frame");
    const socket = new window.TCPSocket("127.0.0.1", await scene.far.closedPort());
    socket.closed.catch(() => undefined);
    const error = await rejects(socket.opened, "NetworkError", "opened");
    const { DOMException: theirs } = window as unknown as { DOMException: typeof DOMException };
    ok(error instanceof theirs, "an instance of the frame's DOMException");
  },
  { limit: 4_000 },
);
add(
  "policy-allow-none",
  "A frame whose allow attribute says direct-sockets 'none': NotAllowedError.",
  async (scene) => {
    const window = await frame(scene, "/frame", "direct-sockets 'none'");
    const error = await refusal(() => new window.TCPSocket("127.0.0.1", 9));
    ok(isError(error, "NotAllowedError"), `NotAllowedError, and not ${String(error)}`);
  },
  { limit: 4_000 },
);

const optOut = draftChanged(
  "direct-sockets-multicast is allowed by default in Chromium 156; a page of the draft opts in.",
);
const options: Record<string, object> = {
  multicastTimeToLive: { multicastTimeToLive: 1 },
  multicastLoopback: { multicastLoopback: true },
  multicastAllowAddressSharing: { multicastAllowAddressSharing: false },
};
for (const [path, words] of [
  ["/without-multicast", "without direct-sockets-multicast"],
  ["/multicast-denied", "with direct-sockets-multicast=()"],
] as const)
  for (const [member, value] of Object.entries(options)) {
    add(
      `policy${path.replace("/", "-")}-${member}`,
      `${member} ${words}: NotAllowedError.`,
      async (scene) => {
        const window = await frame(scene, path);
        const error = await refusal(() => new window.UDPSocket({ localAddress: "127.0.0.1", ...value }));
        ok(isError(error, "NotAllowedError"), `NotAllowedError, and not ${String(error)}`);
      },
      { ...(path === "/without-multicast" ? optOut : {}), limit: 4_000 },
    );
  }
add(
  "policy-multicast-throws",
  "Without direct-sockets-multicast a multicast option makes the constructor throw.",
  async (scene) => {
    const window = await frame(scene, "/without-multicast");
    let thrown: unknown;
    try {
      const socket = new window.UDPSocket({ localAddress: "127.0.0.1", multicastLoopback: true });
      socket.closed.catch(() => undefined);
      socket.opened.catch(() => undefined);
    } catch (error) {
      thrown = error;
    }
    ok(isError(thrown, "NotAllowedError"), `NotAllowedError, and not ${String(thrown)}`);
  },
  { ...asynchronous, ...optOut },
);
add(
  "policy-no-controller",
  "Without direct-sockets-multicast OpenInfo has no multicastController.",
  async (scene) => {
    const window = await frame(scene, "/without-multicast");
    const socket: UDP = scene.keep(new window.UDPSocket({ localAddress: "0.0.0.0" }));
    same("multicastController" in (await socket.opened), false, "multicastController");
  },
  { ...optOut, limit: 4_000 },
);
