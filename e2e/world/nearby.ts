// Devices nearby: avahi, on another machine of the test's network, answers for them by multicast DNS.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Life } from "./life.ts";
import type { Machine } from "./network.ts";
import { until } from "./wait.ts";

/** A service of a device, as avahi.service(5) has it. */
export interface Service {
  /** What the device calls itself. */
  name: string;
  /** Such as "_ipp._tcp". */
  type: string;
  port: number;
  /** The device's name below "local", such as "printer.local". */
  host: string;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export class Devices {
  readonly #folder: string;
  readonly #output: () => string;
  #count = 0;

  constructor(folder: string, output: () => string) {
    this.#folder = folder;
    this.#output = output;
  }

  /** One more answers from now on. */
  async add({ name, type, port, host }: Service): Promise<void> {
    const file = `${(this.#count++).toString()}.service`;
    writeFileSync(
      join(this.#folder, file),
      `<service-group><name>${escaped(name)}</name><service><type>${type}</type><host-name>${host}</host-name><port>${port.toString()}</port></service></service-group>`,
    );
    await until(`${name} to be there`, () => this.#output().includes(`(/etc/avahi/services/${file}) successfully`));
  }
}

/** Starts the responder on a machine, with the names that it answers for ("printer.local" to its address). */
export async function startDevices(
  life: Life,
  machine: Machine,
  hosts: Readonly<Record<string, string>>,
): Promise<Devices> {
  const folder = life.folder("avahi");
  const services = join(folder, "services");
  mkdirSync(services);
  const files: Record<string, string> = {
    hosts: Object.entries(hosts)
      .map(([name, address]) => `${address} ${name}\n`)
      .join(""),
    // It gives its folder to its own user. In an ordinary user's namespace there is nobody but root.
    passwd: "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n",
    group: "root:x:0:\navahi:x:0:\nnetdev:x:0:\n",
    // Its own addresses are those of the devices: it has none besides.
    "avahi-daemon.conf":
      "[server]\nhost-name=avahi\nenable-dbus=no\n[wide-area]\nenable-wide-area=no\n[publish]\npublish-workstation=no\npublish-addresses=no\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const inside = [
    "set -eu",
    "mount -t tmpfs tmpfs /run",
    "mkdir /run/avahi-daemon",
    ...[
      ["hosts", "/etc/avahi/hosts"],
      ["passwd", "/etc/passwd"],
      ["group", "/etc/group"],
      ["services", "/etc/avahi/services"],
    ].map(([name = "", path = ""]) => `mount --bind '${join(folder, name)}' ${path}`),
    `exec avahi-daemon '--file=${join(folder, "avahi-daemon.conf")}' --no-drop-root --no-chroot --no-rlimits --debug`,
  ].join("\n");
  const running = await machine.start(life, {
    name: "avahi",
    command: "/usr/bin/unshare",
    args: ["--mount", "--propagation", "private", "/bin/sh", "-c", inside],
  });
  await until("avahi", () => (running.output().includes("Server startup complete.") ? true : undefined), {
    timeout: 10_000,
  });
  for (const name of Object.keys(hosts))
    await until(`${name} to be answered for`, () => running.output().includes(`"${name}" successfully established.`));
  return new Devices(services, () => running.output());
}
