// "Why am I asked?": who asks, what a direct connection is, what Portside checks, and how to take it back.

import { fillTexts } from "./texts.ts";

fillTexts();
