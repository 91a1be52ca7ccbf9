// A screen of the test's own, with a window manager and a real pointer and keyboard: headless browsers give every window the focus at
// once, so what a focus is worth shows only here.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Life } from "./life.ts";
import { start } from "./processes.ts";
import { sleep, until } from "./wait.ts";

export class Display {
  /** What DISPLAY is to be. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Moves the pointer and uses the keyboard as an input device does: words of xdotool(1). */
  async input(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("xdotool", words, {
      env: { PATH: "/usr/bin:/bin", DISPLAY: this.name },
    });
    return stdout.trim();
  }

  /** Presses and releases the left button at a place on the screen. */
  async clickAt(x: number, y: number): Promise<void> {
    await this.input("mousemove", Math.round(x).toString(), Math.round(y).toString(), "click", "1");
  }

  /** Brings the window of this title to the front, as a click on its frame does. */
  async raise(title: string): Promise<void> {
    if ((await this.focused()) === title) return;
    const exactly = `^${title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
    await this.input("search", "--onlyvisible", "--name", exactly, "windowactivate", "--sync");
  }

  /** The title of the window that has the focus; "" when none has. */
  async focused(): Promise<string> {
    return await this.input("getactivewindow", "getwindowname").catch(() => "");
  }
}

/** Starts a screen of 1280 by 900 pixels. */
export async function openDisplay(life: Life): Promise<Display> {
  const screen = await start(life, {
    name: "the X server",
    command: "/usr/bin/Xvfb",
    args: ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
    noise: /xkbcomp|XKEYBOARD|keysym|Errors from/,
  });
  const number = await until("a display", () => /^(\d+)$/m.exec(screen.output())?.[1]);
  const display = new Display(`:${number}`);
  await start(life, {
    name: "the window manager",
    command: "/usr/bin/openbox",
    args: ["--sm-disable"],
    env: { DISPLAY: display.name, HOME: life.folder("desktop") },
    noise: /./,
  });
  await until("the window manager", async () => {
    try {
      await display.input("getactivewindow");
      return true;
    } catch (error) {
      // Before there is a window manager nobody can say which window is active.
      await sleep(50);
      return !String(error).includes("claims not to support");
    }
  });
  return display;
}
