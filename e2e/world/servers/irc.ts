// ngIRCd, an IRC server. Debian package ngircd.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Life } from "../life.ts";
import { freePort } from "../ports.ts";
import { start } from "../processes.ts";
import { waitUntilReady } from "./ready.ts";

export interface IrcServer {
  readonly host: string;
  readonly port: number;
  readonly name: string;
}

export async function startIrcServer(life: Life): Promise<IrcServer> {
  const folder = life.folder("irc", { forServer: true });
  const port = await freePort();
  const name = "irc.portside.test";
  const config = join(folder, "ngircd.conf");
  writeFileSync(
    config,
    `[Global]
Name = ${name}
Info = Portside test server
AdminInfo1 = none
AdminEMail = nobody@${name}
Listen = 127.0.0.1
Ports = ${String(port)}
MotdPhrase = Welcome to the test world.
[Limits]
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
`,
  );
  const server = await start(life, {
    name: "ngircd",
    command: "/usr/sbin/ngircd",
    args: ["--nodaemon", "--config", config],
    cwd: folder,
    unprivileged: true,
  });
  await waitUntilReady(server, port, { speaksFirst: false });
  return { host: "127.0.0.1", port, name };
}
