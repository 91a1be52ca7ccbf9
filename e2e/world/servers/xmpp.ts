// Prosody, an XMPP server. Debian package prosody. One host, a.test, where clients must use STARTTLS and anybody may log
// in without a name.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Life } from "../life.ts";
import { freePort } from "../ports.ts";
import { start } from "../processes.ts";
import { writeCertificate } from "./certificate.ts";
import { waitUntilReady } from "./ready.ts";

export interface XmppServer {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
}

export async function startXmppServer(life: Life): Promise<XmppServer> {
  const folder = life.folder("xmpp", { forServer: true });
  const port = await freePort();
  const domain = "a.test";
  const { certificate, key } = await writeCertificate(folder);
  const config = join(folder, "prosody.cfg.lua");
  writeFileSync(
    config,
    `daemonize = false
data_path = "${folder}"
pidfile = "${folder}/prosody.pid"
log = { { levels = { min = "info" }, to = "console" } }
interfaces = { "127.0.0.1" }
c2s_ports = { ${String(port)} }
s2s_ports = { }
http_ports = { }
https_ports = { }
c2s_direct_tls_ports = { }
modules_enabled = { "disco", "ping", "saslauth", "tls" }
modules_disabled = { "s2s", "offline" }
c2s_require_encryption = true
authentication = "anonymous"
VirtualHost "${domain}"
  ssl = { certificate = "${certificate}", key = "${key}" }
`,
  );
  const server = await start(life, {
    name: "prosody",
    command: "/usr/bin/prosody",
    args: ["-F", "--config", config],
    cwd: folder,
    env: { HOME: folder, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    unprivileged: true,
  });
  await waitUntilReady(server, port, { speaksFirst: false });
  return { host: "127.0.0.1", port, domain };
}
