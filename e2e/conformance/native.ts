// The browser's own Direct Sockets, in the world of the suite.
import type { Chromium } from "../world/chromium/chromium.ts";
import { startContentShell } from "../world/chromium/content-shell.ts";
import type { Life } from "../world/life.ts";
import type { Pages } from "../world/pages.ts";

/** http://*.test leads to the web server, as in the world of the other suites. */
export const startNative = (life: Life, pages: Pages): Promise<Chromium> =>
  startContentShell(life, `MAP *.test:80 127.0.0.1:${String(pages.httpPort)}, MAP *.invalid ~NOTFOUND`);
