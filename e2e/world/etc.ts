// A layer over the machine's /etc, for one browser: what administrators put there, without touching the machine's own.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Life } from "./life.ts";

/** Root in a container or a chroot may not be able to, ordinary users are not. */
export const canLayerEtc = spawnSync("unshare", ["--mount", "true"]).status === 0;
export const whyNoLayer = "needs root that may mount: it puts a layer over /etc";

export interface EtcLayer {
  /** Starts the browser with the layer: its `launcher`. */
  launcher: [string, ...string[]];
  /** Writes a file of the layer, also while the browser runs. */
  write(path: string, text: string): void;
}

/** `files` are paths below /etc; `commands` are shell commands that run in there before the browser starts. */
export function layerEtc(life: Life, files: Readonly<Record<string, string>>, commands = ""): EtcLayer {
  const layer = life.folder("etc");
  const folders = new Set(Object.keys(files).map((path) => dirname(path)));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(layer, "files", path)), { recursive: true });
    writeFileSync(join(layer, "files", path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  // An overlay cannot be its own upper layer on every file system; and its upper layer must not be written to from outside, so folders
  // whose files may change are bound over it.
  const script = `
    mkdir "$0/up"
    mount -t tmpfs tmpfs "$0/up"
    mkdir "$0/up/up" "$0/up/work"
    mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/up/up,workdir=$0/up/work" /etc
    ${[...folders].map((folder) => `mkdir -p "/etc/${folder}"; mount --bind "$0/files/${folder}" "/etc/${folder}"`).join("\n    ")}
    ${commands}
    exec "$@"`;
  return { launcher: ["unshare", "--mount", "sh", "-eu", "-c", script, layer], write };
}
