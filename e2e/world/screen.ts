// A screen that nobody looks at: windows on it come to the front and lose the focus as on any other, which they do not in a headless browser.
import type { Life } from "./life.ts";
import { start } from "./processes.ts";
import { until } from "./wait.ts";

/** Opens a screen, which goes with the life of its owner, and gives its name for DISPLAY. */
export async function openScreen(life: Life): Promise<string> {
  // It picks a number that is free, and says which.
  const screen = await start(life, {
    name: "screen",
    command: "/usr/bin/Xvfb",
    args: ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
  });
  return `:${await until("the screen", () => /^\d+$/m.exec(screen.output())?.[0])}`;
}
