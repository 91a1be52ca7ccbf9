// A small system of its own for the host: its own /etc, and if need be its own network. The browser stays outside and starts the host
// as ever; what it starts is a script that enters namespaces and a root directory made for the test, and then becomes the host.
//
// So a test can play the administrator (/etc/portside belongs to root there, whoever runs the test) and nothing of the machine is touched.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isRoot, type Life } from "./life.ts";
import type { Network } from "./network.ts";
import { hostProgram } from "./places.ts";

export interface HostSpaceOptions {
  /** The text or the object of /etc/portside/policy.json to begin with; none: there is no such file. */
  policy?: object | string;
  /** The network that the host is in, instead of the machine's. */
  network?: Network;
}

export class HostSpace {
  /** The script to start instead of the host. */
  readonly script: string;
  readonly #etc: string;

  constructor(script: string, etc: string) {
    this.script = script;
    this.#etc = etc;
  }

  /** Writes /etc/portside/policy.json, or another file there, in one step. `undefined` removes it. */
  setPolicy(policy: object | string | undefined, name = "policy.json"): void {
    const path = join(this.#etc, "portside", name);
    if (policy === undefined) {
      rmSync(path, { force: true });
      return;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    const fresh = join(this.#etc, "fresh");
    writeFileSync(fresh, typeof policy === "string" ? policy : JSON.stringify(policy, null, 2), { mode: 0o644 });
    renameSync(fresh, path);
  }
}

/** The command that enters fresh mount (and, for an ordinary user, user) namespaces, in the network of the test if there is one. */
function enter(network: Network | undefined): string[] {
  const mounts = ["unshare", "--mount", "--propagation", "private"];
  if (network !== undefined) return [...network.command, ...mounts];
  return isRoot ? mounts : [...mounts, "--user", "--map-root-user"];
}

const quoted = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

/**
 * Makes a space for the host of one browser. `home` is the browser's own folder, the only one of the machine that can be written to from
 * inside. Fails with a hint where the system lets nobody make namespaces.
 */
export function makeHostSpace(life: Life, home: string, options: HostSpaceOptions): HostSpace {
  const probe = spawnSync("unshare", isRoot ? ["--mount", "true"] : ["--user", "--map-root-user", "--mount", "true"], {
    encoding: "utf8",
  });
  if (probe.status !== 0)
    throw new Error(
      `this test needs mount namespaces, and the system refuses them (${probe.stderr.trim()}): in a container, allow unshare(2) and mount(2)`,
    );
  const folder = life.folder("host-space");
  const etc = join(folder, "etc");
  const root = join(folder, "root");
  mkdirSync(join(etc, "portside"), { recursive: true, mode: 0o755 });
  mkdirSync(root);
  writeFileSync(join(etc, "hosts"), "127.0.0.1 localhost\n::1 localhost\n");
  writeFileSync(join(etc, "resolv.conf"), `nameserver ${options.network?.nameserver ?? "127.0.0.1"}\n`);
  writeFileSync(join(etc, "nsswitch.conf"), "hosts: files dns\n");
  const script = join(home, "host.sh");
  // The new root is a tmpfs, so that "/" belongs to whoever is root in there. What the host may see is bound into it.
  const inside = [
    "set -eu",
    `mount -t tmpfs -o mode=755 tmpfs ${quoted([root])}`,
    `cd ${quoted([root])}`,
    ...[dirname(hostProgram), home, "/proc", "/dev"].map((path) => {
      const inner = quoted([`.${path}`]);
      return `mkdir -p ${inner} && mount --rbind ${quoted([path])} ${inner}`;
    }),
    `mkdir -p etc && mount --bind ${quoted([etc])} etc`,
    `exec chroot . ${quoted([hostProgram])} "$@"`,
  ].join("\n");
  writeFileSync(script, `#!/bin/sh\nexec ${quoted([...enter(options.network), "/bin/sh", "-c", inside, "sh"])} "$@"\n`);
  chmodSync(script, 0o755);
  const space = new HostSpace(script, etc);
  if (options.policy !== undefined) space.setPolicy(options.policy);
  return space;
}
