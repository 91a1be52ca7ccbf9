// OpenSSH's server. Debian package openssh-server. Nobody can log in: the tests go as far as the key exchange and the
// first encrypted packets.
import { execFile } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { handOver, type Life } from "../life.ts";
import { freePort } from "../ports.ts";
import { start } from "../processes.ts";
import { waitUntilReady } from "./ready.ts";

export interface SshServer {
  readonly host: string;
  readonly port: number;
  /** The host's public key as in known_hosts: base64 of the "ssh-ed25519" blob. */
  readonly hostKey: string;
}

export async function startSshServer(life: Life): Promise<SshServer> {
  const folder = life.folder("ssh", { forServer: true });
  const port = await freePort();
  const key = join(folder, "host_key");
  await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key]);
  chmodSync(key, 0o600);
  handOver(key);
  const config = join(folder, "sshd_config");
  writeFileSync(
    config,
    `Port ${String(port)}
ListenAddress 127.0.0.1
HostKey ${key}
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AuthorizedKeysFile none
StrictModes no
LoginGraceTime 30
LogLevel VERBOSE
`,
  );
  const server = await start(life, {
    name: "sshd",
    command: "/usr/sbin/sshd",
    args: ["-D", "-e", "-f", config],
    cwd: folder,
    // As an ordinary user it asks for no /run/sshd, which only a started system has.
    unprivileged: true,
  });
  await waitUntilReady(server, port, { speaksFirst: true });
  const hostKey = readFileSync(`${key}.pub`, "utf8").split(" ")[1];
  if (hostKey === undefined) throw new Error(`no key in ${key}.pub`);
  return { host: "127.0.0.1", port, hostKey };
}
