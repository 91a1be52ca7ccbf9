// A network of its own for a test: a namespace without a way out, in which public addresses can be given to local servers.
//
// Servers and hosts are started in it by putting `command` before their own command line.
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { isRoot, type Life } from "./life.ts";
import { start } from "./processes.ts";
import { until } from "./wait.ts";

export class Network {
  /** Enters the network: `[...command, "ip", "address"]`. The words take no shell. */
  readonly command: string[];
  /** Where the host in this network sends its questions about names. */
  readonly nameserver = "127.0.0.1";

  constructor(command: string[]) {
    this.command = command;
  }

  /** Runs a command in the network and gives what it prints. */
  async run(...words: string[]): Promise<string> {
    const [program = "", ...args] = [...this.command, ...words];
    return (await promisify(execFile)(program, args)).stdout;
  }

  /** Gives addresses to this network's only machine, such as "93.184.215.14" or "2606:2800:21f::1". */
  async addAddresses(...addresses: string[]): Promise<void> {
    for (const address of addresses) {
      const v6 = address.includes(":");
      await this.run("ip", "address", "add", `${address}/${v6 ? "128" : "32"}`, "dev", "lo", ...(v6 ? ["nodad"] : []));
    }
  }
}

/** Makes a network with nothing but a loopback interface, which goes with the life of its owner. */
export async function makeNetwork(life: Life): Promise<Network> {
  const users = isRoot ? [] : ["--user", "--map-root-user"];
  const probe = spawnSync("unshare", [...users, "--net", "true"], { encoding: "utf8" });
  if (probe.status !== 0)
    throw new Error(
      `this test needs network namespaces, and the system refuses them (${probe.stderr.trim()}): in a container, allow unshare(2)`,
    );
  // The namespaces live as long as this process. unshare execs sleep, so that the pid is the one that is in them.
  const holder = await start(life, {
    name: "network",
    command: "/usr/bin/unshare",
    args: [...users, "--net", "--", "/usr/bin/sleep", "3600"],
  });
  await until("the network namespace", () =>
    readFileSync(`/proc/${holder.pid.toString()}/comm`, "utf8").trim() === "sleep" ? true : undefined,
  );
  const into = ["nsenter", "--target", holder.pid.toString(), "--net"];
  const network = new Network(isRoot ? into : [...into, "--user", "--preserve-credentials"]);
  await network.run("ip", "link", "set", "lo", "up");
  return network;
}
