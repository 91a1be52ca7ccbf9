// When is a server ready? When it takes a connection and, if it speaks first, has spoken.
import { connect } from "node:net";
import type { Running } from "../processes.ts";
import { until } from "../wait.ts";

export async function waitUntilReady(
  server: Running,
  port: number,
  { speaksFirst }: { speaksFirst: boolean },
): Promise<void> {
  await until(
    `${server.name} to answer on port ${String(port)}`,
    async () => {
      if (!server.alive) throw new Error(`${server.name} ended: ${server.output()}`);
      return await answers(port, speaksFirst);
    },
    { every: 50 },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${server.output()}`, { cause: error });
  });
}

function answers(port: number, speaksFirst: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (answer: boolean): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.once("error", () => {
      done(false);
    });
    socket.setTimeout(2_000, () => {
      done(false);
    });
    if (speaksFirst) {
      socket.once("data", () => {
        done(true);
      });
      socket.once("close", () => {
        done(false);
      });
    } else {
      socket.once("connect", () => {
        done(true);
      });
    }
  });
}
