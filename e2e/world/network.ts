// A network of its own for a test: a namespace without a way out, in which public addresses can be given to local servers.
//
// Servers and hosts are started in it by putting `command` before their own command line.
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isRoot, type Life } from "./life.ts";
import { start, type Program, type Running } from "./processes.ts";
import { sleep, until } from "./wait.ts";

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

  /** Starts a program in the network. */
  start(life: Life, program: Program): Promise<Running> {
    const [enter = "", ...words] = this.command;
    return start(life, {
      ...program,
      command: `/usr/bin/${enter}`,
      args: [...words, program.command, ...program.args],
    });
  }

  /** Gives addresses to this network's only machine, such as "93.184.215.14" or "2606:2800:21f::1". */
  async addAddresses(...addresses: string[]): Promise<void> {
    for (const address of addresses) {
      const v6 = address.includes(":");
      await this.run("ip", "address", "add", `${address}/${v6 ? "128" : "32"}`, "dev", "lo", ...(v6 ? ["nodad"] : []));
    }
  }

  /** Makes an IPv4 address from which nothing comes back: what is sent there goes out on a cable whose other end nobody reads. */
  async addVoid(address: string): Promise<void> {
    await this.run("ip", "link", "add", "void", "type", "veth", "peer", "name", "nobody");
    for (const end of ["void", "nobody"]) {
      await this.run("sh", "-c", `echo 1 > /proc/sys/net/ipv6/conf/${end}/disable_ipv6`);
      await this.run("ip", "link", "set", end, "up");
    }
    await this.run("ip", "address", "add", "198.51.100.1/32", "dev", "void");
    await this.run("ip", "route", "add", `${address}/32`, "dev", "void", "src", "198.51.100.1");
    await this.run("ip", "neighbour", "add", address, "lladdr", "02:00:00:00:00:01", "dev", "void");
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

/** A TCP server in the network that echoes, and tells of each connection. */
export interface DistantPeer {
  /** "address:port" of every connection so far, as the server sees its own end. */
  connections(): string[];
}

/** Starts an echo server on each of these addresses and ports. */
export async function startDistantPeer(
  life: Life,
  network: Network,
  listen: readonly { host: string; port: number }[],
): Promise<DistantPeer> {
  const script = fileURLToPath(new URL("peers/distant.ts", import.meta.url));
  const tsx = fileURLToPath(new URL("../../node_modules/tsx/dist/esm/index.mjs", import.meta.url));
  const running = await network.start(life, {
    name: "distant peer",
    command: process.execPath,
    args: ["--import", tsx, script, JSON.stringify(listen)],
  });
  await until("the distant peer", () => /^ready$/m.exec(running.output())?.[0], { timeout: 20_000 });
  return { connections: () => [...running.output().matchAll(/^connection (.+)$/gm)].map(([, at = ""]) => at) };
}

/** A DNS server in the network, at the address that its host asks: dnsmasq, with these options besides. */
export async function startNameServer(life: Life, network: Network, ...options: string[]): Promise<Running> {
  const running = await network.start(life, {
    name: "dnsmasq",
    command: "/usr/sbin/dnsmasq",
    args: [
      "--no-daemon",
      "--conf-file=/dev/null",
      "--pid-file=",
      "--user=root",
      "--listen-address=127.0.0.1",
      "--bind-interfaces",
      "--no-resolv",
      "--no-hosts",
      "--log-queries",
      "--log-facility=-",
      ...options,
    ],
  });
  await until("dnsmasq", () => /started, version/.exec(running.output())?.[0]);
  return running;
}

/** What passes in a network, as tcpdump prints it: a line for each packet. */
export interface Capture {
  /** The packets so far, after those that are on their way to the file have come. */
  packets(): Promise<string[]>;
}

export async function capture(life: Life, network: Network): Promise<Capture> {
  const running = await network.start(life, {
    name: "tcpdump",
    command: "/usr/bin/tcpdump",
    args: ["-i", "any", "-n", "-l", "-q", "-Z", "root", "--immediate-mode", "tcp or udp"],
  });
  await until("tcpdump", () => /listening on/.exec(running.output())?.[0]);
  return {
    packets: async () => {
      await sleep(300);
      return running
        .output()
        .split("\n")
        .filter((line) => /^\d\d:\d\d:/.test(line));
    },
  };
}
