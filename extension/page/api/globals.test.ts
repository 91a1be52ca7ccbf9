// The globals of the second generation, as WebIDL has interfaces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newPage, opened } from "../../fake/page.ts";
import { definitions, membersOf } from "../../../protocol/generate/webidl.ts";

const interfaces = definitions.filter(({ type }) => type === "interface").map(({ name }) => name);

test("the interfaces of the IDL are globals, with its members", () => {
  const { window } = newPage();
  assert.deepEqual(interfaces.sort(), ["MulticastController", "TCPServerSocket", "TCPSocket", "UDPSocket"]);
  for (const name of interfaces) {
    const property = Object.getOwnPropertyDescriptor(window, name);
    const type = property?.value as { readonly prototype: object; name: string; length: number };
    assert.deepEqual(property, { value: type, writable: true, enumerable: false, configurable: true });
    assert.equal(type.name, name);
    assert.equal(Object.getPrototypeOf(type), Function.prototype);
    assert.equal(Object.getPrototypeOf(type.prototype), Object.prototype);
    assert.equal(Object.prototype.toString.call(type.prototype), `[object ${name}]`);
    assert.deepEqual(Object.getOwnPropertyDescriptor(type.prototype, Symbol.toStringTag), {
      value: name,
      writable: false,
      enumerable: false,
      configurable: true,
    });
    const members = membersOf(name);
    const named = members.filter(({ type }) => type !== "constructor");
    assert.deepEqual(Object.keys(type.prototype).sort(), named.map((member) => member.name).sort(), name);
    for (const member of named) {
      const found = Object.getOwnPropertyDescriptor(type.prototype, member.name);
      assert.deepEqual([found?.enumerable, found?.configurable], [true, true], member.name);
      if (member.type === "attribute") {
        assert.equal(found?.get?.name, `get ${member.name}`);
        assert.equal(found.set, undefined);
        continue;
      }
      const operation = found?.value as { name: string; length: number };
      const required = (member.arguments ?? []).filter(({ optional }) => !optional).length;
      assert.deepEqual([operation.name, operation.length, found?.writable], [member.name, required, true]);
      assert.equal(Object.hasOwn(operation, "prototype"), false, `${member.name} is no constructor`);
    }
    const constructor = members.find(({ type }) => type === "constructor");
    const required = (constructor?.arguments ?? []).filter(({ optional }) => !optional).length;
    assert.equal(type.length, required, name);
    // Without `new`, and with too few arguments.
    assert.throws(() => (type as unknown as () => unknown)(), TypeError);
    if (required > 0 || constructor === undefined)
      assert.throws(() => new (type as unknown as new () => object)(), TypeError);
  }
});

test("a member of one interface is none of another's, or of no object: a promise rejects, the rest throws", async () => {
  const { window } = newPage();
  const { TCPSocket, UDPSocket, TCPServerSocket, MulticastController } = window;
  const get = (type: { prototype: object }, name: string): ((this: unknown) => unknown) => {
    const property = Object.getOwnPropertyDescriptor(type.prototype, name);
    return (property?.get ?? property?.value) as (this: unknown) => unknown;
  };
  const socket = new UDPSocket({ remoteAddress: "192.0.2.1", remotePort: 9 });
  for (const receiver of [undefined, null, 7, {}, socket])
    for (const type of [TCPSocket, TCPServerSocket])
      for (const name of ["opened", "closed", "close"])
        await assert.rejects(get(type, name).call(receiver) as Promise<unknown>, TypeError, name);
  await assert.rejects(get(TCPSocket, "setNoDelay").call(socket) as Promise<unknown>, TypeError);
  await assert.rejects(get(MulticastController, "joinGroup").call(socket) as Promise<unknown>, TypeError);
  assert.throws(() => get(TCPSocket, "startTls").call(socket), TypeError);
  assert.throws(() => get(MulticastController, "joinedGroups").call({}), TypeError);
});

test("an isolated web app keeps the browser's own; on other pages their presence means nothing", () => {
  const native = { TCPSocket: (): undefined => undefined };
  assert.equal(newPage("isolated-app:", native).window.TCPSocket, native.TCPSocket);
  assert.notEqual(newPage("https:", native).window.TCPSocket, native.TCPSocket);
});

test("pages may build on the classes", async () => {
  const page = newPage();
  class Mine extends page.window.TCPSocket {
    readonly mine = true;
  }
  const socket = new Mine("192.0.2.1", 9);
  assert.ok(socket instanceof page.window.TCPSocket, "it is one");
  assert.equal(Object.hasOwn(socket, "mine"), true);
  assert.equal(await socket.close().catch((error: unknown) => (error as Error).name), "InvalidStateError");
});

test("a socket whose frame was removed can be closed, though nothing goes on there", async () => {
  const page = newPage();
  const socket = new page.window.TCPSocket("192.0.2.1", 9);
  const { id } = await page.next("open");
  page.say(opened(id));
  await socket.opened;
  page.detach();
  let settled = "";
  void socket.closed.catch((error: unknown) => (settled = (error as Error).name));
  void socket.close().catch(() => undefined);
  await Promise.resolve(); // not one turn of an event loop that may have ended
  assert.equal(settled, "NetworkError");
});

test("in a document without a window nothing is opened", () => {
  const page = newPage();
  page.detach();
  const { TCPSocket, UDPSocket, TCPServerSocket } = page.window;
  assert.throws(() => new TCPSocket("192.0.2.1", 9), { name: "NotAllowedError" });
  assert.throws(() => new UDPSocket({ localAddress: "::" }), { name: "NotAllowedError" });
  assert.throws(() => new TCPServerSocket("::"), { name: "NotAllowedError" });
});
