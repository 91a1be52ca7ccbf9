// In Firefox each document has a world of its own for the extension, and none is to be seen from another. So a document asks another one of its origin
// in an event on that one's window, which nobody hears before our listener there, nor after it. The answer comes at once, on a port that only the two
// content scripts have.

import type { EarlyPlatform } from "./platform.ts";

const name = "portside:policies";

export const offerPolicies: EarlyPlatform["offerPolicies"] = (policies, listen) => {
  listen(window, name, (event: MessageEvent) => {
    //rule:asked-policies-hidden-from-page
    event.stopImmediatePropagation();
    // A page may make up such an event. It reads its own policies then.
    const [port] = event.ports;
    if (port !== undefined) port.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(policies()) }));
  });
};

export const policiesOf: EarlyPlatform["policiesOf"] = (other) => {
  const { port1, port2 } = new MessageChannel();
  let texts: readonly string[] | undefined;
  port2.addEventListener(name, (event) => {
    texts = JSON.parse((event as MessageEvent<string>).data) as string[];
  });
  other.dispatchEvent(new MessageEvent(name, { ports: [port2] }));
  port1.close();
  return texts;
};
