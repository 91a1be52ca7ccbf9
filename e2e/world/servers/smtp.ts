// Postfix, an SMTP server with STARTTLS. Debian package postfix. It takes letters for harbour.test and queues them.
//
// Postfix's own master wants to be root, so we do its part: we open each daemon's socket and start the daemon with it as
// descriptor 6, as master(8) does. One daemon cannot do without root, tlsmgr(8): smtpd asks it for random bytes and for
// remembered TLS sessions, so we hand out the first and have none of the second.
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type ListenOptions, type Server } from "node:net";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { handOver, type Life } from "../life.ts";
import { freePort } from "../ports.ts";
import { start, type Running } from "../processes.ts";
import { serverAccount } from "./account.ts";
import { writeCertificate } from "./certificate.ts";
import { waitUntilReady } from "./ready.ts";

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** The letters in the queue, as Postfix stores them. */
  queued(): string[];
}

export async function startSmtpServer(life: Life): Promise<SmtpServer> {
  const folder = life.folder("smtp", { forServer: true });
  const port = await freePort();
  const queue = join(folder, "queue");
  const parts = ["", "pid", "private", "public", "incoming", "active", "deferred", "hold", "corrupt", "maildrop"];
  for (const part of [...parts.map((name) => join(queue, name)), join(folder, "data")]) {
    mkdirSync(part);
    handOver(part);
  }
  const { certificate, key } = await writeCertificate(folder);
  const config = join(folder, "main.cf");
  writeFileSync(
    config,
    // The three accounts must differ from one another. Nobody changes to any of them.
    `compatibility_level = 3.6
mail_owner = ${serverAccount().name}
default_privs = daemon
setgid_group = mail
queue_directory = ${queue}
data_directory = ${folder}/data
maillog_file = /dev/stdout
myhostname = a.test
mydestination = harbour.test
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = ${key}, ${certificate}
in_flow_delay = 0
max_idle = 3600s
max_use = 100000
`,
  );
  // Postfix waits for a file that has just been written to settle.
  utimesSync(config, 0, 0);
  const daemon = (name: string, options: string[], where: ListenOptions): Promise<Running> =>
    startDaemon(life, { name, options, where, folder, queue });
  await listen(life, createServer(answerAsTlsManager), join(queue, "private/tlsmgr"));
  await daemon("trivial-rewrite", ["-n", "rewrite", "-t", "unix"], { path: join(queue, "private/rewrite") });
  await daemon("cleanup", ["-z", "-n", "cleanup", "-t", "unix"], { path: join(queue, "public/cleanup") });
  const smtpd = await daemon("smtpd", ["-n", "smtp", "-t", "inet"], { port, host: "127.0.0.1" });
  await waitUntilReady(smtpd, port, { speaksFirst: true });
  return {
    host: "127.0.0.1",
    port,
    queued: () =>
      readdirSync(join(queue, "incoming")).map((name) => readFileSync(join(queue, "incoming", name), "latin1")),
  };
}

interface Daemon {
  name: string;
  options: string[];
  where: ListenOptions;
  folder: string;
  queue: string;
}

/** Opens the daemon's socket, hands it over, and lets go of it. */
async function startDaemon(life: Life, { name, options, where, folder, queue }: Daemon): Promise<Running> {
  const server = createServer();
  // Closing our own end removes the path that it was opened at: so that is another one.
  const at = where.path === undefined ? where : { path: `${where.path}.new` };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, resolve);
  });
  if (at.path !== undefined && where.path !== undefined) {
    chmodSync(at.path, 0o666);
    renameSync(at.path, where.path);
  }
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const running = await start(life, {
    name,
    command: `/usr/lib/postfix/sbin/${name}`,
    args: options,
    env: { MAIL_CONFIG: folder },
    cwd: queue,
    // Two pipes for flow control, and one that tells master how busy the daemon is.
    extraPipes: 3,
    inherit: [fd],
    unprivileged: true,
  });
  server.close();
  for (const pipe of running.child.stdio.slice(3)) {
    pipe?.on("error", () => undefined); // it breaks when the daemon ends
    if (pipe instanceof Readable) pipe.resume();
  }
  // For each letter cleanup(8) takes one byte, and waits until there is one.
  const [, , , tokens] = running.child.stdio;
  if (tokens instanceof Writable) tokens.write("x".repeat(1000));
  return running;
}

async function listen(life: Life, server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o666);
  life.onEnd(`socket ${path}`, () => {
    server.close();
  });
}

/** Speaks Postfix's attribute protocol (attr_print0(3)): names and values each ended by a zero byte, a list by one more; bytes are base64. */
const answerAsTlsManager: Parameters<typeof createServer>[1] = (socket) => {
  socket.on("error", () => undefined);
  socket.write("protocol\0tlsmgr_protocol\0\0");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    for (let end = heard.indexOf("\0\0"); end >= 0; end = heard.indexOf("\0\0")) {
      const request = heard.slice(0, end);
      heard = heard.slice(end + 2);
      const size = /^request\0seed\0size\0(\d+)$/.exec(request)?.[1];
      if (size === undefined) socket.write("status\x000\0cachable\x000\0timeout\x000\0\0");
      else socket.write(`status\x000\0seed\0${randomBytes(Number(size)).toString("base64")}\0\0`);
    }
  });
};
