// Containers, which Firefox has (P6).

import { always, becomes, inUnit, row, type Mutant } from "./mutant.ts";

const inContainers = (name: string): ReturnType<typeof inUnit> =>
  inUnit("extension/background/containers.test.ts", name);
const remembered = inContainers("what is remembered in a container counts in this one only");
const takenBack = inContainers("what is taken back in a container ends nothing in another one");
const anyOf = (origin: string): string => `[...keys].some((key) => key.endsWith(${origin}))`;

export const containers: readonly Mutant[] = [
  ...row(
    "P6",
    [
      "container-named-by-browser",
      "The container of a document is the one that the browser names",
      remembered,
      becomes("{}"),
    ],
    [
      "unknown-container-opens-nothing",
      "Where the browser names no container that could be one, nothing is opened",
      inContainers("where the browser names no container that could be one, nothing is opened"),
      becomes("return isContainer(cookieStoreId) ? { container: cookieStoreId } : {};"),
    ],
    [
      "container-ids-are-bounded",
      "What is no id of a container, or too long for one, is none",
      inContainers("where the browser names no container that could be one, nothing is opened"),
      becomes('return typeof value === "string";'),
    ],
    ["grant-is-per-container", "A remembered grant belongs to one container", remembered],
    ["grant-list-tells-containers-apart", "Grants of one site in two containers are two", remembered],
    [
      "kept-container-is-an-id",
      "What was kept as a grant of something that is no container is none",
      inContainers("what was kept as a grant of something that is no container is none"),
    ],
    [
      "marker-set-in-its-container",
      "The marker of a grant is set in the container that the grant was given in",
      inContainers("deleting a container's data takes what was remembered in it"),
      becomes("{}"),
    ],
    [
      "marker-counts-in-its-container",
      "A cookie of another container is no marker",
      inContainers("a cookie of another container is no marker"),
      always,
    ],
    ["marker-goes-from-its-container", "A marker goes with its grants, from its container", takenBack, becomes("{}")],
    [
      "cleared-container-only",
      "Deleting a container's data takes no grants of another one",
      inContainers("deleting a container's data takes what was remembered in it"),
      becomes(anyOf("grant.origin")),
    ],
    [
      "clear-site-data-in-its-container",
      "Clear-Site-Data in a container takes the grants of that one",
      inContainers("Clear-Site-Data in a container takes what was remembered in it"),
      becomes("{}"),
    ],
    [
      "revoking-spares-container-sockets",
      "What is taken back in a container ends no socket of another one",
      inContainers("a grant that is taken back ends the sockets that stand on it"),
      becomes(anyOf("connection.sender.origin")),
      { mark: "revoking-spares-container-sockets.2", how: becomes("grant.origin === sender.origin") },
    ],
    [
      "revoking-spares-other-containers",
      "What is taken back in a container leaves documents of another one what they were allowed",
      inContainers("what is allowed once in a container holds when something is taken back in another one"),
      becomes(anyOf("whose.origin")),
    ],
    [
      "undo-brings-back-into-its-container",
      "What is brought back comes back into its container",
      inContainers("what is brought back comes back into its container"),
      becomes("grant.origin"),
    ],
    [
      "pause-is-per-container",
      "A pause is one container's",
      inContainers("a pause is one container's"),
      becomes("origin"),
    ],
    [
      "cooldowns-apart-by-container",
      "Denials are counted for each container by itself",
      inContainers("denials are counted for each container by itself"),
      becomes("sideName({ private: side.private })"),
    ],
    [
      "questions-apart-by-container",
      "A question of one container keeps none of another one waiting",
      inContainers("a question tells in which container it is asked"),
      becomes("sideName({ private: sender.private })"),
    ],
    [
      "opens-apart-by-container",
      "Opens of each container are limited apart",
      inUnit("extension/background/intake/intake.test.ts", "and so is each container"),
      becomes("sideName({ private: side.private })"),
    ],
    [
      "history-tells-containers-apart",
      "The history tells containers apart",
      inContainers("the history tells them apart"),
      becomes("0"),
    ],
    [
      "no-policy-request-in-container",
      "No server is asked for its header policy on account of a tab in a container",
      inContainers("no server is asked about the headers of a page in a container"),
      always,
    ],
    [
      "prompt-names-container",
      "A question of a container says so",
      inUnit("extension/ui/prompt.test.ts", "a question of a container says so"),
    ],
    [
      "popup-lists-permissions-of-container",
      "The popup lists the permissions of the tab's container, and of no other",
      inUnit("extension/ui/popup.test.ts", "in a container it says so"),
      becomes("grant.origin === whose.origin"),
    ],
  ),
];
