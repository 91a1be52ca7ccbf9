// The size and the place of the consent window: as large as its content, within the screen, clear of the address bar of the page that asks.
// Some window managers have other ideas: what they made of it is corrected, a few times.

import { ext } from "../shared/ext.ts";
import { fitted, isOn, type Box, type Hash, type Place } from "../background/consent/prompt_place.ts";
import { promptWidth } from "../background/consent/prompt_size.ts";
import { pages as platform } from "../platform/current.ts";

/** So often the window is moved to where it is to be. Whoever puts it elsewhere each time has their way. */
const maxMoves = 3;
/** Windows take so long, in ms. */
const pause = 60;
/** Window managers may put a window somewhere else a moment after it has come up: moves in this time are not the user's, in ms. */
const arrival = 1_000;
/** Frames around windows make places uncertain by so much, in pixels. */
const slack = 8;

let running: Promise<void> = Promise.resolve();
let waits = false;
/** When it was looked at first. */
let began: number | undefined;
let moves = 0;
/** Where it was when it was last looked at: somewhere else, and the user has moved it. From then on it stays with them. */
let stood: Place | undefined;
let usersOwn = false;

/** Pixels of the screen for each that this page is told of its window and of the screen. */
let scale = 1;

const scaled = (told: number): number => Math.round(told * scale);
const here = (): Place => ({ left: scaled(screenX), top: scaled(screenY) });

function near(a: Place, b: Place): boolean {
  return Math.abs(a.left - b.left) <= slack && Math.abs(a.top - b.top) <= slack;
}

/** Where it is to be and how large: undefined where it is that already. */
function target(size: { width: number; height: number }, { place, bar }: Hash): Box | undefined {
  const { availLeft = 0, availTop = 0 } = screen as { availLeft?: number; availTop?: number };
  const room = {
    left: scaled(availLeft),
    top: scaled(availTop),
    width: scaled(screen.availWidth),
    height: scaled(screen.availHeight),
  };
  const now = here();
  began ??= performance.now();
  if (stood !== undefined && !near(stood, now) && performance.now() - began > arrival) usersOwn = true;
  const ours = place !== undefined && !usersOwn && moves < maxMoves;
  // It came up on another screen than the page that asks: there first, as far as the browser lets it.
  const away = ours && bar !== undefined && !isOn(bar, room);
  const box = away ? { ...place, ...size } : fitted(ours ? place : now, size, room, ours ? bar : undefined);
  // What the page is told is rounded before it is scaled.
  const there = Math.abs(box.left - now.left) < scale && Math.abs(box.top - now.top) < scale;
  const large =
    Math.abs(box.width - scaled(outerWidth)) <= scale && Math.abs(box.height - scaled(outerHeight)) <= scale;
  return there && large ? undefined : box;
}

/** Makes the window fit, once what is under way has. `wanted`: where it is to be. */
export function fitWindow(wanted: Hash): void {
  if (waits) return;
  waits = true;
  running = running
    .then(async () => {
      waits = false;
      await fit(wanted);
    })
    .catch(() => undefined); // it is closing
}

async function fit(wanted: Hash): Promise<void> {
  const { id } = await ext.windows.getCurrent();
  const zoom = await ext.tabs.getZoom();
  scale = platform.screenScale(zoom);
  // The first try may leave a scroll bar, which takes room; and windows take their time.
  for (let tries = 0; tries < 3 && id !== undefined; tries++) {
    const frame = {
      width: scaled(outerWidth) - innerWidth * zoom,
      height: scaled(outerHeight) - innerHeight * zoom,
    };
    const size = {
      width: Math.min(scaled(screen.availWidth), Math.ceil(promptWidth * zoom + frame.width)),
      height: Math.min(
        scaled(screen.availHeight),
        Math.ceil(document.documentElement.offsetHeight * zoom + frame.height),
      ),
    };
    const box = target(size, wanted);
    if (box === undefined) break;
    const { left, top, width, height } = box;
    const now = here();
    const moved = left !== now.left || top !== now.top;
    if (moved) moves++;
    await ext.windows
      .update(id, { width, height, ...(moved ? { left, top } : {}) })
      .catch(() => ext.windows.update(id, { width, height })); // browsers put no window where too little of it can be seen
    await new Promise((resolve) => setTimeout(resolve, pause));
    stood = here();
  }
  stood ??= here();
}
