// What an inspector sees of a document's messages, attached to both carriers.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { pageError } from "../../../protocol/page.ts";
import { connect, type Connection } from "./connection.ts";
import type { SocketHandler } from "./channel.ts";

interface World {
  connection: Connection;
  content: MessagePort;
  frame: MessagePort;
  /** Opens a socket with this id whose bytes take the lane, if it has a name there. */
  open(id: number, lane?: number): Promise<Socket>;
}

type Socket = SocketHandler & { write(text: string): void; heard: string[] };

const encode = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
const decode = (data: ArrayBuffer): string => new TextDecoder().decode(data);

/** Resolves with the next message on a port. */
const next = (port: MessagePort): Promise<unknown> =>
  new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      resolve(data);
    };
  });

async function world(): Promise<World> {
  const ports = [new MessageChannel(), new MessageChannel()] as const;
  const [{ port1: content, port2: ours }, { port1: frame, port2: lane }] = ports;
  after(() => {
    content.close();
    frame.close();
  });
  const connection = connect(
    ours,
    () => 0,
    () => false,
    () => assert.fail(),
  );
  content.postMessage({ type: "lane", reasons: true }, [lane]);
  const open = async (id: number, name?: number): Promise<Socket> => {
    const asked = next(content);
    const opened = connection.open("tcp", { open: {} }, (channel): Socket => {
      const heard: string[] = [];
      return {
        heard,
        window: 1000,
        write: (text) => {
          channel.write(encode(text));
        },
        data: (data) => heard.push(decode(data)),
        credit: () => undefined,
        wrote: () => undefined,
        shut: () => undefined,
        end: () => heard.push("end"),
        closed: (error) => heard.push(error?.name ?? "closed"),
      };
    });
    await asked;
    content.postMessage({ type: "opened", id, window: 1000, ...(name === undefined ? {} : { lane: name }) });
    return opened;
  };
  return { connection, content, frame, open };
}

test("a tap sees every message and chunk, out and in, on both carriers, while its bytes are still there", async () => {
  const { connection, content, frame, open } = await world();
  const seen: string[] = [];
  const note = (
    way: string,
    { type, ...more }: { type: string; id?: number; data?: unknown },
    carrier: string,
  ): void => {
    const bytes = more.data instanceof ArrayBuffer ? ` "${decode(more.data)}"` : "";
    seen.push(`${way} ${carrier} ${more.id?.toString() ?? "-"} ${type}${bytes}`);
  };
  connection.point.tap = {
    sent: (message, carrier) => {
      note("out", message, carrier);
    },
    received: (message, carrier) => {
      note("in", message, carrier);
    },
  };
  const onLane = await open(1, 71);
  const onPort = await open(2);
  onLane.write("by the lane");
  onPort.write("by the port");
  const answers = [next(frame), next(content)];
  await Promise.all(answers);
  frame.postMessage({ type: "data", id: 71, data: encode("answer") });
  frame.postMessage({ type: "end", id: 71 });
  content.postMessage({ type: "data", id: 2, data: encode("other answer") });
  content.postMessage({ type: "closed", id: 2, error: pageError("NetworkError") });
  for (let i = 0; i < 100 && (onLane.heard.length < 2 || onPort.heard.length < 2); i++)
    await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(onLane.heard, ["answer", "end"]);
  assert.deepEqual(onPort.heard, ["other answer", "NetworkError"]);
  const of = (start: string): string[] => seen.filter((line) => line.startsWith(start));
  assert.deepEqual(of("out port"), ["out port 1 open", "out port 2 open", 'out port 2 write "by the port"']);
  assert.deepEqual(of("out lane"), ["out lane 71 credit", 'out lane 71 write "by the lane"']);
  assert.deepEqual(of("in lane"), ['in lane 71 data "answer"', "in lane 71 end"]);
  assert.deepEqual(of("in port"), [
    "in port - lane",
    "in port 1 opened",
    "in port 2 opened",
    'in port 2 data "other answer"',
    "in port 2 closed",
  ]);
});

test("without a tap, and after it was taken away, messages go their way", async () => {
  const { connection, frame, open } = await world();
  const seen: unknown[] = [];
  const tap = { sent: (message: unknown) => seen.push(message), received: (message: unknown) => seen.push(message) };
  const socket = await open(1, 71);
  assert.equal(connection.point.tap, undefined);
  connection.point.tap = tap;
  connection.point.tap = undefined;
  socket.write("text");
  frame.postMessage({ type: "data", id: 71, data: encode("answer") });
  for (let i = 0; i < 100 && socket.heard.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual([socket.heard, seen], [["answer"], []]);
});
