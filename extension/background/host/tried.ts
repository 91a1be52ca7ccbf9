// Whether the user's first connection has worked: one of the self-test page's. The welcome page ticks its last step by that.

import { Stored } from "../../storage/stored.ts";

export const tried = new Stored<boolean>("local", "tried", (stored) => stored === true);
