// A program of its own: the neighbours in the network namespace that it is started in, as far as they speak UDP. It tells of each datagram on
// stdout, as a line of JSON.
//
//   node neighbour.ts '[{"host": "10.77.0.2", "port": 7}, {"host": "10.77.0.2", "port": 5353, "group": "224.0.0.251", "echoes": false}]'
import { createSocket } from "node:dgram";

export interface Neighbour {
  /** Its own address. */
  host: string;
  port: number;
  /** A multicast group that it joins on the interface of its address. It hears nothing else then. */
  group?: string;
  /** Whether it sends each datagram back: unless it says otherwise, it does. */
  echoes?: boolean;
}

/** What it tells of a datagram. */
export interface Heard {
  host: string;
  port: number;
  group?: string;
  from: string;
  text: string;
}

const neighbours = JSON.parse(process.argv[2] ?? "[]") as Neighbour[];
await Promise.all(
  neighbours.map(
    ({ host, port, group, echoes = true }) =>
      new Promise<void>((resolve, reject) => {
        const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4", reuseAddr: true });
        socket.once("error", reject);
        socket.on("message", (data, from) => {
          const heard: Heard = {
            ...{ host, port, from: `${from.address}:${from.port.toString()}`, text: data.toString("latin1") },
            ...(group === undefined ? {} : { group }),
          };
          console.log(JSON.stringify(heard));
          if (echoes) socket.send(data, from.port, from.address);
        });
        socket.bind(port, group ?? host, () => {
          if (group !== undefined) socket.addMembership(group, host);
          resolve();
        });
      }),
  ),
);
console.log("ready");
