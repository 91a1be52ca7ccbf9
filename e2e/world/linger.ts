// Not a test: a program for world.test.ts that starts a browser and a server, tells their processes and folders, and
// waits to be interrupted.
import { startChromium } from "./chromium/chromium.ts";
import { Life } from "./life.ts";
import { leftFolders, survivors } from "./remains.ts";
import { startImapServer } from "./servers.ts";

const life = new Life("linger");
await startImapServer(life);
await startChromium(life, { portside: false });
console.log(JSON.stringify({ processes: survivors(), folders: leftFolders() }));
setInterval(() => undefined, 1_000);
