// A plain Go client without a browser: what the machine's loopback and the far end can do.
import { programs } from "../places.ts";
import { Asked } from "../program.ts";
import type { Args, MeasureName, Result } from "../measures.ts";
import { usualChunk, type Peer, type Scene } from "./peer.ts";

export async function startFloor({ life, far }: Scene): Promise<Peer> {
  const program = await Asked.start(life, "Go client", [programs.floor]);
  const ask = async (measure: string, args: object, limit: number): Promise<unknown> => {
    const answer = (await program.ask({ measure, args }, limit)) as { value?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  };
  await ask("start", { address: far.address, tcp: far.tcp, udp: far.udp }, 5_000);
  return {
    key: "floor",
    udp: true,
    byob: false,
    saysOpen: true,
    idleShare: 0,
    chunk: usualChunk,
    measure: async <M extends MeasureName>(name: M, args: Args<M>, limit: number) =>
      (await ask(name, args, limit)) as Result<M>,
    processes: () => ({ relay: [program.process.pid], browser: [] }),
    collect: () => Promise.resolve(),
    renew: async () => {
      await ask("release", {}, 5_000);
    },
    doubt: () => "",
  };
}
