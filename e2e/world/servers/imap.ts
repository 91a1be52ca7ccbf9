// Dovecot, an IMAP and POP3 server. Debian packages dovecot-imapd and dovecot-pop3d. One user, one empty INBOX, passwords in
// the clear; both protocols offer TLS.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Life } from "../life.ts";
import { freePort } from "../ports.ts";
import { start } from "../processes.ts";
import { serverAccount } from "./account.ts";
import { writeCertificate } from "./certificate.ts";
import { waitUntilReady } from "./ready.ts";

export interface ImapServer {
  readonly host: string;
  readonly port: number;
  readonly pop3Port: number;
  readonly user: string;
  readonly password: string;
}

export async function startImapServer(life: Life): Promise<ImapServer> {
  const folder = life.folder("imap", { forServer: true });
  const port = await freePort();
  const user = "harbour";
  const password = "pilot boat";
  const pop3Port = await freePort();
  // All of Dovecot runs as one ordinary user: there is nobody to separate privileges from.
  const account = serverAccount();
  const { certificate, key } = await writeCertificate(folder);
  const users = join(folder, "users");
  writeFileSync(users, `${user}:{PLAIN}${password}::::::\n`);
  const config = join(folder, "dovecot.conf");
  writeFileSync(
    config,
    `protocols = imap pop3
listen = 127.0.0.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
ssl = yes
ssl_cert = <${certificate}
ssl_key = <${key}
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = ${account.name}
default_internal_group = ${account.group}
default_login_user = ${account.name}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:${folder}/mail/%u
mail_home = ${folder}/home/%u
passdb {
  driver = passwd-file
  args = ${users}
}
userdb {
  driver = static
  args = uid=${account.name} gid=${account.group}
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${String(port)}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = ${String(pop3Port)}
  }
  inet_listener pop3s {
    port = 0
  }
}
`,
  );
  const server = await start(life, {
    name: "dovecot",
    command: "/usr/sbin/dovecot",
    args: ["-F", "-c", config],
    cwd: folder,
    unprivileged: true,
  });
  await waitUntilReady(server, port, { speaksFirst: true });
  await waitUntilReady(server, pop3Port, { speaksFirst: true });
  return { host: "127.0.0.1", port, pop3Port, user, password };
}
