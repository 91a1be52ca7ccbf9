// Built-ins that take lists ask them for their iterator. Chromium and Node.js pass that over for arrays, Firefox does not: so here neither does.
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import type { PageMessage } from "../../protocol/page.ts";

const { postMessage } = MessagePort.prototype as { postMessage(message: unknown, transfer: Transferable[]): void };

const arrays = Array.prototype as unknown as Record<symbol, unknown>;
const steps = Object.getPrototypeOf([][Symbol.iterator]()) as { next: unknown };
const { next } = steps;
const iterate = arrays[Symbol.iterator];
function restore(): void {
  arrays[Symbol.iterator] = iterate;
  steps.next = next;
}
afterEach(restore);

/** Reads a list as the standard has it. */
function read<T>(list: Iterable<T>): T[] {
  const items: T[] = [];
  for (const item of list) items[items.length] = item;
  return items;
}
MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, transfer: unknown) {
  // Node.js itself posts messages, too, to what loads this file.
  const items = transfer !== undefined && Symbol.iterator in Object(transfer) ? read(transfer as Transferable[]) : [];
  restore();
  postMessage.call(this, message, items);
};
globalThis.Blob = new Proxy(Blob, {
  construct(Native, given: Iterable<BlobPart>[]) {
    const items = read(given[0] ?? assert.fail());
    restore();
    return new Native(items);
  },
});
const { openCarrier } = await import("./core/carrier.ts");
const { giveBack } = await import("./core/give_back.ts");
const { boundedText } = await import("./api/texts.ts");

/** What a page can do to lists. */
const mischiefs: Record<string, () => void> = {
  "the iterator of arrays": () => {
    arrays[Symbol.iterator] = () => assert.fail("the page's iterator is asked");
  },
  "the steps of that iterator": () => {
    steps.next = () => assert.fail("the page's iterator is asked");
  },
};
for (const [what, mischief] of Object.entries(mischiefs))
  test(`a page that replaces ${what} changes nothing, and sees nothing`, async () => {
    const { port1, port2 } = new MessageChannel();
    after(() => {
      port2.close();
    });
    const post = openCarrier<PageMessage, never>(port1, "port", { tap: undefined }, () => assert.fail());
    const heard = new Promise<MessageEvent<{ data: ArrayBuffer }>>((resolve) => {
      port2.onmessage = resolve;
    });
    const data = Uint8Array.of(1, 2, 3).buffer;
    mischief();
    post({ type: "write", id: 1, data }, [data]);
    assert.equal(data.byteLength, 0, "it has moved");
    assert.deepEqual(new Uint8Array((await heard).data.data), Uint8Array.of(1, 2, 3));

    mischief();
    post({ type: "close", id: 1 });

    const large = new ArrayBuffer(1 << 20);
    mischief();
    giveBack(large);
    assert.equal(large.byteLength, 0);

    mischief();
    assert.equal(boundedText("Lena’s notes", 20, "name"), "Lena’s notes");
  });
