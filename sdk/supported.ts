// Which sockets a page can use: the browser's own, Portside's, or none.

/** What can be used, and why that. */
export type Support =
  /** The browser's own sockets: an isolated web app. */
  | { kind: "native"; reason: "isolated-app" }
  /** Portside's, in a page, or in a worker that imports "portside/worker". */
  | { kind: "portside"; reason: "extension" | "worker" }
  /**
   * None. "insecure": the page was not loaded over a secure connection. "native-unusable": the browser shows constructors that
   * do not work outside of isolated web apps. "missing": Portside is not installed, or not for this page.
   */
  | { kind: "none"; reason: "insecure" | "native-unusable" | "missing" }
  /** Only available() says so: the extension is there, and its program is not. */
  | { kind: "none"; reason: "program" };

/** The global object that is looked at. */
export interface Scope {
  readonly location?: { readonly protocol: string };
  readonly isSecureContext?: boolean;
  readonly navigator?: object;
  readonly TCPSocket?: unknown;
}

/** What "portside/worker" puts on its constructors. */
export const workerMark = Symbol.for("portside.worker");

/**
 * Says which sockets there are. It asks nobody and opens nothing. The presence of `TCPSocket` alone proves nothing: a flag of
 * Chromium shows constructors on ordinary pages, and using one ends the tab.
 */
export function supported(scope: Scope = globalThis): Support {
  const { location, navigator, TCPSocket, isSecureContext } = scope;
  const constructor = typeof TCPSocket === "function" ? (TCPSocket as unknown as Record<symbol, unknown>) : undefined;
  if (constructor !== undefined && location?.protocol === "isolated-app:")
    return { kind: "native", reason: "isolated-app" };
  if (constructor?.[workerMark] === true) return { kind: "portside", reason: "worker" };
  if (typeof (navigator as { openTCPSocket?: unknown } | undefined)?.openTCPSocket === "function")
    return { kind: "portside", reason: "extension" };
  if (isSecureContext === false) return { kind: "none", reason: "insecure" };
  return { kind: "none", reason: constructor === undefined ? "missing" : "native-unusable" };
}

/**
 * Says what supported() says, and of Portside in a page whether its program is there as well. That can be known in the handler of a click or a
 * key press only, which stays good for opening a socket; anywhere else the answer is that of supported(). It opens nothing, and asks nobody.
 */
export async function available(scope: Scope = globalThis): Promise<Support> {
  const support = supported(scope);
  if (support.reason !== "extension") return support;
  const { openTCPSocket } = scope.navigator as { openTCPSocket: { available?: () => Promise<boolean> } };
  try {
    // An extension of an earlier version has no such method.
    if ((await openTCPSocket.available?.()) === false) return { kind: "none", reason: "program" };
  } catch {
    // Not allowed to know, at this moment or at all.
  }
  return support;
}
