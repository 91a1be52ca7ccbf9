// Each rule of docs/SECURITY.md, how it is taken out, and the test that must then go red. One file for each part of the rules.

import { addresses } from "./addresses.ts";
import { documents } from "./documents.ts";
import { host } from "./host.ts";
import { keepings } from "./keeping.ts";
import { intakes } from "./intake.ts";
import { listening } from "./listening.ts";
import type { Mutant } from "./mutant.ts";
import { nearby } from "./nearby.ts";
import { page } from "./page.ts";
import { consent, supply } from "./consent.ts";
import { toolbar } from "./toolbar.ts";

export const mutants: readonly Mutant[] = [
  ...documents,
  ...consent,
  ...toolbar,
  ...keepings,
  ...addresses,
  ...host,
  ...nearby,
  ...listening,
  ...intakes,
  ...page,
  ...supply,
];
