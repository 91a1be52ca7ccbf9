// The background of the bare way: a native port for each port of a content script, and everything passed on as it is.
import { hostName } from "./messages.ts";

chrome.runtime.onConnect.addListener((content) => {
  const host = chrome.runtime.connectNative(hostName);
  content.onMessage.addListener((message: object) => {
    host.postMessage(message);
  });
  host.onMessage.addListener((message: object) => {
    content.postMessage(message);
  });
  content.onDisconnect.addListener(() => {
    host.disconnect();
  });
  host.onDisconnect.addListener(() => {
    content.disconnect();
  });
});
