// docs/keys.md lists the keys that the dialog lists.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keyGroups } from "../../src/ui/keys/key-list.ts";

test("the documented keys are those of the dialog", () => {
  const text = readFileSync(new URL("../../docs/keys.md", import.meta.url), "utf8");
  const documented = text
    .split("\n## ")
    .slice(1)
    .map((part) => ({
      title: part.split("\n")[0],
      uses: [...part.matchAll(/^\| (`.*`) \| (.*) \|$/gm)].map(([, keys = "", does]) => ({
        keys: [...keys.matchAll(/`([^`]+)`/g)].map(([, key]) => key),
        does,
      })),
    }));
  expect(documented).toEqual(keyGroups);
});
