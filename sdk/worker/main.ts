// The module "portside/worker".

import { install } from "./worker.ts";

install(globalThis);
