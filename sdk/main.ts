// The module "portside".

export { exposeSockets } from "./expose.ts";
export { supported, type Support } from "./supported.ts";
