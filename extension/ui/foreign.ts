// Text that comes from elsewhere (sites, hosts, certificates), set apart from ours: it cannot turn the direction of what stands around it.

/** An element with foreign text. */
export function foreign(text: string, className?: string): HTMLElement {
  const element = document.createElement("bdi");
  element.textContent = text;
  if (className !== undefined) element.className = className;
  return element;
}

/** Foreign text for an attribute or inside of a sentence: between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

/** A site as people know it. */
export function siteName(origin: string): string {
  return origin.replace(/^https:\/\//, "");
}

/** A host and a port as one destination; without a port where it is 0. */
export function destinationName(host: string, port: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 0 ? name : `${name}:${port.toString()}`;
}
