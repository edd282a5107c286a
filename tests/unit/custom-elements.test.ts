// The documentation of the element, and the manifest that is made of it: they name what the source has, and nothing else.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readManifest } from "../../scripts/custom-elements.mjs";
import { attributes } from "../../src/ui/attributes.ts";

const folder = new URL("../../src/ui/", import.meta.url).pathname;
const read = (path: string) => readFileSync(join(folder, path), "utf8");
/** All of the element, without the demo page. */
const everything = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(ts|css)$/.test(path) && !path.startsWith("page"))
  .map(read)
  .join("\n");
const element = read("element.ts");
const members = element.slice(element.indexOf("class ConvCam "));
const events = read("events.ts");

const all = (text: string, pattern: RegExp) => [...new Set(Array.from(text.matchAll(pattern), ([, name]) => name as string))].sort();
const inherited = ["connectedCallback", "disconnectedCallback", "attributeChangedCallback", "constructor"];

const [declaration] = readManifest().modules[0]?.declarations ?? [];
const named = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map(({ name }) => name).sort();
const membersOf = (kind: string) => named(declaration?.members.filter((member) => member.kind === kind));

test.each([
  ["attribute", named(declaration?.attributes), Object.keys(attributes).sort()],
  ["property", membersOf("field"), all(members, /^ {2}(?:get|declare) (\w+)/gm)],
  ["method", membersOf("method"), all(members, /^ {2}(?:async )?(\w+)(?:<.*>)?\(.*\{$/gm).filter((name) => !inherited.includes(name))],
  ["event", named(declaration?.events), all(events, /^ {2}(\w+):/gm)],
  ["slot", named(declaration?.slots), all(everything, /make\("slot", "(\w+)"\)/g)],
  ["part", named(declaration?.cssParts), all(everything, /\.part = "(\w+)"/g)],
  ["custom property", named(declaration?.cssProperties), all(everything, /(--conv-cam-[a-z-]*[a-z])/g)],
])("every %s of <conv-cam> is documented, once", (_what, documented, there) => {
  expect(documented).toEqual(there);
});

test("nothing is documented without a word", () => {
  const { attributes: given, members: own, events: told, slots, cssParts, cssProperties } = declaration ?? {};
  for (const { name, description } of [given, own, told, slots, cssParts, cssProperties].flatMap((list) => list ?? []))
    expect(description, name).toMatch(/\w{2}/);
});
