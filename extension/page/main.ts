// The page script: puts the API on secure pages, in the MAIN world, before any page script runs. It has no authority.

import { start } from "./start.ts";

start(window);
