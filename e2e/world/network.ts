// A network of its own for a test: two machines and the cable between them, and no way out. The host is `here`; what it is to reach lives
// `there`, beyond a gateway, so that public addresses can be given to local servers and are as far away as the real ones.
//
// Each machine is a network namespace. Programs are started on one by putting its `command` before their own command line.
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { certificates } from "./certs.ts";
import { isRoot, type Life } from "./life.ts";
import { start, type Program, type Running } from "./processes.ts";
import { sleep, until } from "./wait.ts";

/** The cable's ends. The prefixes are private (RFC 6598, RFC 4193): nobody takes who lives beyond the gateway for a neighbour. */
const transfer = {
  here: ["100.64.0.2/30", "fd64::2/64"],
  there: ["100.64.0.1/30", "fd64::1/64"],
  gateways: ["100.64.0.1", "fd64::1"],
} as const;

const isV6 = (address: string): boolean => address.includes(":");

export class Machine {
  /** Enters the machine's network: `[...command, "ip", "address"]`. The words take no shell. */
  readonly command: string[];

  constructor(command: string[]) {
    this.command = command;
  }

  /** Runs a command on the machine and gives what it prints. */
  async run(...words: string[]): Promise<string> {
    const [program = "", ...args] = [...this.command, ...words];
    return (await promisify(execFile)(program, args)).stdout;
  }

  /** Starts a program on the machine. */
  start(life: Life, program: Program): Promise<Running> {
    const [enter = "", ...words] = this.command;
    return start(life, {
      ...program,
      command: `/usr/bin/${enter}`,
      args: [...words, program.command, ...program.args],
    });
  }

  /** Gives the machine an address with the length of its prefix. It is ready at once: nobody else has it. */
  async addAddress(prefix: string, device: string): Promise<void> {
    await this.run("ip", "address", "add", prefix, "dev", device, ...(isV6(prefix) ? ["nodad"] : []));
  }

  /** Gives the machine further addresses, such as "93.184.215.14" or "2606:2800:21f::1". They are on no link. */
  async addLoneAddresses(...addresses: string[]): Promise<void> {
    for (const address of addresses) await this.addAddress(`${address}/${isV6(address) ? "128" : "32"}`, "lo");
  }
}

/** The machine that the host runs on, and with `there` all the rest of its network. */
export class Network extends Machine {
  /** The machine beyond the gateway, which is the gateway as well. */
  readonly there: Machine;
  /** Where the host in this network sends its questions about names: there. */
  readonly nameserver = transfer.gateways[0];

  constructor(here: string[], there: string[]) {
    super(here);
    this.there = new Machine(there);
  }

  /** Gives addresses, public or not, to the machine beyond the gateway. */
  async addAddresses(...addresses: string[]): Promise<void> {
    await this.there.addLoneAddresses(...addresses);
  }

  /** Gives addresses to the machine that the host runs on. */
  async addOwnAddresses(...addresses: string[]): Promise<void> {
    await this.addLoneAddresses(...addresses);
  }

  /**
   * Makes the two machines neighbours in one more prefix: the host's gets its own address, such as "93.184.220.7/24", and reaches the other
   * at its without a gateway. The other can have more than one.
   */
  async addNeighbour(own: string, ...neighbours: string[]): Promise<void> {
    await this.addAddress(own, "cable");
    const length = own.slice(own.indexOf("/"));
    for (const neighbour of neighbours) await this.there.addAddress(neighbour + length, "cable");
  }

  /** Makes an address from which nothing comes back: what is sent there leaves, and is lost beyond the gateway. */
  async addVoid(address: string): Promise<void> {
    await this.there.run("ip", "route", "add", "blackhole", `${address}/${isV6(address) ? "128" : "32"}`);
  }
}

/** Starts the program that keeps a namespace, which goes with the life of its owner, and returns the words that enter it. */
async function makeNamespace(life: Life, name: string, command: string, args: string[]): Promise<[string, string[]]> {
  const holder = await start(life, { name, command, args: [...args, "--", "/usr/bin/sleep", "3600"] });
  // Every program on the way execs the next one, so that the pid is the one that is inside.
  await until(`the network namespace of ${name}`, () =>
    readFileSync(`/proc/${holder.pid.toString()}/comm`, "utf8").trim() === "sleep" ? true : undefined,
  );
  const pid = holder.pid.toString();
  const into = ["nsenter", "--target", pid, "--net"];
  return [pid, isRoot ? into : [...into, "--user", "--preserve-credentials"]];
}

/** Makes a network, which goes with the life of its owner. Addresses that nobody has are unreachable. */
export async function makeNetwork(life: Life): Promise<Network> {
  const users = isRoot ? [] : ["--user", "--map-root-user"];
  const probe = spawnSync("unshare", [...users, "--net", "true"], { encoding: "utf8" });
  if (probe.status !== 0)
    throw new Error(
      `this test needs network namespaces, and the system refuses them (${probe.stderr.trim()}): in a container, allow unshare(2)`,
    );
  const [pid, here] = await makeNamespace(life, "here", "/usr/bin/unshare", [...users, "--net"]);
  // Of the same user namespace, whose root may then lay a cable between the two.
  const [farPid, there] = isRoot
    ? await makeNamespace(life, "there", "/usr/bin/unshare", ["--net"])
    : await makeNamespace(life, "there", "/usr/bin/nsenter", [
        ...["--target", pid, "--user", "--preserve-credentials"],
        ...["--", "/usr/bin/unshare", "--net"],
      ]);
  const network = new Network(here, there);
  for (const machine of [network, network.there]) {
    // Link-local addresses are ready at once as well, and the gateway says what it cannot reach: only gateways do.
    await machine.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
    await machine.run("ip", "link", "set", "lo", "up");
  }
  for (const family of ["ipv4", "ipv6"])
    await network.there.run("sh", "-c", `echo 1 > /proc/sys/net/${family}/conf/all/forwarding`);
  await network.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", farPid);
  for (const prefix of transfer.here) await network.addAddress(prefix, "cable");
  for (const prefix of transfer.there) await network.there.addAddress(prefix, "cable");
  for (const machine of [network, network.there]) await machine.run("ip", "link", "set", "cable", "up");
  // As on a computer that has been in its network for a while, the router is known.
  const router = /link\/ether (\S+)/.exec(await network.there.run("ip", "link", "show", "cable"))?.[1] ?? "";
  for (const gateway of transfer.gateways) {
    await network.run("ip", "route", "add", "default", "via", gateway);
    await network.run("ip", "neigh", "replace", gateway, "lladdr", router, "dev", "cable", "nud", "permanent");
  }
  for (const version of ["-4", "-6"])
    await network.there.run("ip", version, "route", "add", "unreachable", "default", "metric", "4096");
  return network;
}

/** A TCP server that echoes, and tells of each connection. */
export interface DistantPeer {
  /** "address:port" of every connection so far, as the server sees its own end. */
  connections(): string[];
  /** "METHOD origin address:port" of every HTTPS request so far. */
  requests(): string[];
}

/** Where a server listens, and whether it echoes or speaks HTTPS: "cors" takes part in CORS. */
export interface Listen {
  host: string;
  port: number;
  https?: "cors" | "plain";
}

/** Starts an echo server on each of these addresses and ports, which are there. */
export async function startDistantPeer(life: Life, network: Network, listen: readonly Listen[]): Promise<DistantPeer> {
  return startPeer(life, network.there, listen);
}

/** Starts an echo server on each of these addresses and ports of a machine: `network` itself is the host's. */
export async function startPeer(life: Life, machine: Machine, listen: readonly Listen[]): Promise<DistantPeer> {
  const { keyPem, certificatePem } = await certificates();
  const script = fileURLToPath(new URL("peers/distant.ts", import.meta.url));
  const tsx = fileURLToPath(new URL("../../node_modules/tsx/dist/esm/index.mjs", import.meta.url));
  const running = await machine.start(life, {
    name: "distant peer",
    command: process.execPath,
    args: ["--import", tsx, script, JSON.stringify(listen)],
    env: { TLS_KEY: keyPem, TLS_CERT: certificatePem },
  });
  await until("the distant peer", () => /^ready$/m.exec(running.output())?.[0], { timeout: 20_000 });
  const said = (pattern: RegExp): string[] => [...running.output().matchAll(pattern)].map(([, what = ""]) => what);
  return { connections: () => said(/^connection (.+)$/gm), requests: () => said(/^([A-Z]+ .+)$/gm) };
}

/** A DNS server, there, at the address that the host asks: dnsmasq, with these options besides. */
export async function startNameServer(life: Life, network: Network, ...options: string[]): Promise<Running> {
  const running = await network.there.start(life, {
    name: "dnsmasq",
    command: "/usr/sbin/dnsmasq",
    args: [
      "--no-daemon",
      "--conf-file=/dev/null",
      "--pid-file=",
      "--user=root",
      `--listen-address=${network.nameserver}`,
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

/** What passes on the host's machine, over the cable and within, as tcpdump prints it: a line for each packet. */
export interface Capture {
  /** The packets so far, after those that are on their way to the file have come. */
  packets(): Promise<string[]>;
}

export async function capture(life: Life, network: Network): Promise<Capture> {
  const script = fileURLToPath(new URL("record.py", import.meta.url));
  // tcpdump stays outside and only puts into words what comes.
  const words = `tcpdump -r - -n -l -q ${isRoot ? "-Z root" : ""} 'tcp or udp'`;
  const running = await start(life, {
    name: "capture",
    command: "/bin/sh",
    args: ["-c", `"$@" | ${words}`, "sh", ...network.command, "/usr/bin/python3", script],
  });
  await until("the capture", () => ["recording", "reading from"].every((word) => running.output().includes(word)));
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
