// close() of a TCPServerSocket, and what becomes of what it has accepted.
import { bytesOf, equal, givesUndefined, rejects, sleep, stateOf, text } from "../kit/assert.ts";
import { askedLimit, clicked, group, nativeAtFault } from "../kit/check.ts";
import { accepted, open } from "./server.ts";

const add = group("TCPServerSocket");

add("server-close-opening", "Before it is open, close() rejects with InvalidStateError.", async (scene) => {
  const server = scene.server("127.0.0.1");
  await rejects(server.close(), "InvalidStateError", "close()");
  await server.opened;
});
add(
  "server-close-failed",
  "After opening has failed, close() rejects with InvalidStateError.",
  async (scene) => {
    const { localPort } = await open(scene);
    await clicked();
    const server = scene.server("127.0.0.1", { localPort });
    await rejects(server.opened, "NetworkError", "opened");
    await rejects(server.close(), "InvalidStateError", "close()");
  },
  { ...nativeAtFault("close() gives the rejected promise closed instead."), limit: askedLimit },
);
add("server-close-resolves", "close() resolves with undefined, and so does closed.", async (scene) => {
  const server = scene.server("127.0.0.1");
  await server.opened;
  await givesUndefined(server.close(), "close()");
  await givesUndefined(server.closed, "closed");
});
add("server-close-twice", "close() of a closed server resolves.", async (scene) => {
  const server = scene.server("127.0.0.1");
  await server.opened;
  await server.close();
  await givesUndefined(server.close(), "close()");
});
add(
  "server-close-locked",
  "With a locked readable, close() rejects with InvalidStateError and closes nothing.",
  async (scene) => {
    const server = scene.server("127.0.0.1");
    const { readable } = await server.opened;
    scene.reader(readable);
    await rejects(server.close(), "InvalidStateError", "close()");
    equal(await stateOf(server.closed), "pending", "closed");
  },
);
add("server-close-then-read", "After close() reads are done.", async (scene) => {
  const server = scene.server("127.0.0.1");
  const { readable } = await server.opened;
  await server.close();
  equal((await readable.getReader().read()).done, true, "done");
});
add(
  "server-cancel",
  "cancel() of readable closes the server: closed resolves, and a read that waits is done.",
  async (scene) => {
    const server = scene.server("127.0.0.1");
    const reader = (await server.opened).readable.getReader();
    const read = reader.read();
    await reader.cancel();
    equal((await read).done, true, "done");
    await givesUndefined(server.closed, "closed");
  },
);
add("server-close-stops", "After close() nobody can connect any more.", async (scene) => {
  const server = scene.server("127.0.0.1");
  const { localPort } = await server.opened;
  await server.close();
  await sleep(50);
  await rejects(scene.tcp("127.0.0.1", localPort).opened, "NetworkError", "a connection");
});
add(
  "server-close-frees-port",
  "After close() its port can be had again.",
  async (scene) => {
    const server = scene.server("127.0.0.1");
    const { localPort } = await server.opened;
    await server.close();
    await sleep(50);
    await clicked();
    equal((await open(scene, localPort < 32_768 ? {} : { localPort })).localPort > 0, true, "the second one opens");
  },
  { limit: askedLimit },
);
add("server-close-keeps-accepted", "Accepted sockets outlive their server.", async (scene) => {
  const { server, socket } = await accepted(scene);
  const { readable, writable } = await socket.opened;
  await server.close();
  await scene.writer(writable).write(bytesOf("still"));
  equal(text((await scene.reader(readable).read()).value ?? new Uint8Array()), "still", "the echo");
});
add("server-async-iteration", "for await accepts, and leaving the loop closes the server.", async (scene) => {
  const server = scene.server("127.0.0.1");
  const { readable, localPort } = await server.opened;
  const connecting = scene.far.connect(localPort);
  for await (const socket of readable) {
    scene.keep(socket);
    break;
  }
  await connecting;
  await givesUndefined(server.closed, "closed");
});
