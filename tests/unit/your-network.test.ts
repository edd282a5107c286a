// docs/your-network.md: its recipes need Python and were tried by hand. What can be held to it here are its command lines, its attributes and its links.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { attributes } from "../../src/ui/attributes.ts";
import { catchPrinted } from "../support/printed.ts";

const folder = new URL("../../docs/", import.meta.url);
const text = readFileSync(new URL("your-network.md", folder), "utf8");

/** The id that a heading gets, as GitHub makes it. */
const idOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replace(/\s/g, "-");

const printed = catchPrinted();

const commands = [...text.matchAll(/(?:^|`)npx convcam ([^`\n]+)/gm)].map(([, line]) => line as string);

test("there are command lines to look at", () => {
  expect(commands.length).toBeGreaterThan(6);
});

test.each(commands)("the command takes %s, and only misses the reader's file", async (line) => {
  expect(await main(line.split(" "))).toBe(1);
  expect(printed.text).toMatch(/there is no such file/);
});

test("the element has every attribute that is named", () => {
  const inTags = [...text.matchAll(/<conv-cam ([^>]+)>/g)].flatMap(([, tag]) => [...(tag as string).matchAll(/([\w-]+)=/g)]);
  const inTable = [...text.matchAll(/^\|.*\|$/gm)].flatMap(([row]) => [...row.matchAll(/([\w-]+)="/g)]);
  const names = new Set([...inTags, ...inTable].map(([, name]) => name as string));
  names.delete("id");
  expect(names.size).toBeGreaterThan(6);
  expect([...names].filter((name) => !Object.hasOwn(attributes, name))).toEqual([]);
});

test("its links lead somewhere", () => {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => idOf(heading as string));
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => (link as string).replace(/\s+/g, " "));
  const broken = links.filter((link) => (link.startsWith("#") ? !headings.includes(link.slice(1)) : !existsSync(new URL(link, folder))));
  expect(broken).toEqual([]);
});
