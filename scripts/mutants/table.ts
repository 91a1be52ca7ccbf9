// Each rule of docs/SECURITY.md, how it is taken out, and the test that must then go red. One file for each part of the rules.

import { accepting } from "./accepting.ts";
import { addresses } from "./addresses.ts";
import { bounds } from "./bound.ts";
import { announcing } from "./announcing.ts";
import { containers } from "./containers.ts";
import { developer } from "./developer.ts";
import { documents } from "./documents.ts";
import { inbounds } from "./inbound.ts";
import { host } from "./host.ts";
import { keepings } from "./keeping.ts";
import { intakes } from "./intake.ts";
import { lifetime } from "./lifetimes.ts";
import { local } from "./local.ts";
import { listening } from "./listening.ts";
import type { Mutant } from "./mutant.ts";
import { nearby } from "./nearby.ts";
import { page } from "./page.ts";
import { policies } from "./policies.ts";
import { consent, supply } from "./consent.ts";
import { reopening } from "./reopening.ts";
import { toolbar } from "./toolbar.ts";
import { windows } from "./windows.ts";

export const mutants: readonly Mutant[] = [
  ...documents,
  ...consent,
  ...toolbar,
  ...windows,
  ...containers,
  ...keepings,
  ...addresses,
  ...bounds,
  ...host,
  ...inbounds,
  ...nearby,
  ...listening,
  ...accepting,
  ...local,
  ...lifetime,
  ...announcing,
  ...intakes,
  ...reopening,
  ...page,
  ...policies,
  ...developer,
  ...supply,
];
