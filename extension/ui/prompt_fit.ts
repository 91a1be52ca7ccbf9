// The size of the consent window: as large as its content, within the screen. Some window managers and switches have other ideas.

import { ext } from "../shared/ext.ts";
import { within, type Place } from "../background/consent/prompt_place.ts";
import { promptWidth } from "../background/consent/prompt_size.ts";

/** It has been where it was to be: from then on it is the user's to move. */
let placed = false;

/** Makes the window fit. `wanted`: where it is to be, if the browser could not open it there. */
export async function fitWindow(wanted: Place | undefined): Promise<void> {
  const { id } = await ext.windows.getCurrent();
  const zoom = await ext.tabs.getZoom();
  // The first try may leave a scroll bar, which takes room; and windows take their time.
  for (let tries = 0; tries < 3 && id !== undefined; tries++) {
    const place = placed ? undefined : wanted;
    const frame = { width: outerWidth - innerWidth * zoom, height: outerHeight - innerHeight * zoom };
    const width = Math.min(screen.availWidth, Math.ceil(promptWidth * zoom + frame.width));
    const height = Math.min(screen.availHeight, Math.ceil(document.documentElement.offsetHeight * zoom + frame.height));
    if (place === undefined && Math.abs(width - outerWidth) <= 1 && Math.abs(height - outerHeight) <= 1) return;
    // All of it on the screen that it is on.
    const { availLeft = 0, availTop = 0 } = screen as { availLeft?: number; availTop?: number };
    const room = { left: availLeft, top: availTop, width: screen.availWidth, height: screen.availHeight };
    const { left, top } = within(place ?? { left: screenX, top: screenY }, { width, height }, room);
    placed = true;
    await ext.windows.update(id, { width, height, ...(left === screenX && top === screenY ? {} : { left, top }) });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}
