// The content script of every frame, in a world of its own: as little of it as can be. It hands a private port to the page script, and sees what nobody
// can see later: presses, policies that go again, what frames post. The rest (rest.ts) comes when the page first uses the API.

import { activationNow, watchPresses } from "./activation.ts";
import type { World } from "./early.ts";
import { allowAtLoad, listenToFrames } from "./frame_words.ts";
import { endIfOver, isAlive, listen, onEnd } from "./life.ts";
import { leavePolicies, policiesSoFar, watchPolicies } from "./policies.ts";
import { WaitingRoom } from "./waiting_room.ts";
import { handoverEvent } from "../../protocol/page.ts";
import type { ContentMessage } from "../../protocol/page.ts";

/** Hands the page script its end of a private port (protocol/page.ts). Returns ours; undefined when no page script took it. */
function handOver(): MessagePort | undefined {
  const { port1, port2 } = new MessageChannel();
  // At the window and not at its document, which would be made an object of this world for it.
  if (!dispatchEvent(new MessageEvent(handoverEvent, { ports: [port2], cancelable: true }))) return port1;
  port1.close();
  return undefined;
}

function start(world: World): void {
  const room = new WaitingRoom();
  world.portside = {
    isAlive,
    onEnd,
    activation: activationNow,
    policies: policiesSoFar,
    allowAtLoad,
    begin: (make) => {
      room.begin(make);
    },
  };
  const page = handOver();
  if (page !== undefined) room.page = page;
  // Another copy that hands over is that of an extension which was loaded again.
  listen(window, handoverEvent, endIfOver);
  listenToFrames((word) => {
    room.fromFrame(word);
  });
  //rule:removed-csp-meta-counts
  watchPolicies();
  watchPresses(listen);
  onEnd(() => {
    delete world.portside;
    leavePolicies();
    room.lose();
    page?.postMessage({ type: "lost", forGood: true } satisfies ContentMessage);
    page?.close();
  });
}

// The scripts may come a second time: at installation they are put into documents that are open, which may have them already. A copy
// that still has its extension goes on; one whose extension was reloaded has lost it, and the new copy takes over.
const world = globalThis as World;
if (/*rule:api-only-in-secure-contexts.2*/ isSecureContext && world.portside?.isAlive() !== true) start(world);
