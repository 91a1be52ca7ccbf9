// Where things are in this repository, and in Debian.
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const inRepository = (path: string): string => fileURLToPath(new URL(path, root));

/** `npm run build` makes these two. */
export const hostProgram = inRepository("build/portside");
export const extensionFolder = inRepository("build/extension/chromium");

export const extensionId = "mchpniendjnegpciibfkjhhoiecglnaj";
export const hostName = "portside.host";

export const chromiumProgram = "/usr/bin/chromium";

/** Logs and pictures of failed tests. */
export const artifactsFolder = inRepository("e2e/artifacts");
