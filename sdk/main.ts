// The module "portside".

export { exposeSockets } from "./expose.ts";
export { available, supported, type Support } from "./supported.ts";
