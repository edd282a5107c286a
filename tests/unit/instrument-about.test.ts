// Where the links of sentences about layers may lead.
import { expect, test } from "vitest";
import { webAddress } from "../../src/ui/instrument/about.ts";

const base = "https://convcam.test/page/";

test.each([
  ["learn.html#edges", "https://convcam.test/page/learn.html#edges"],
  ["https://other.test/a#b", "https://other.test/a#b"],
  ["/learn.html#a", "https://convcam.test/learn.html#a"],
])("%s is an address", (address, expected) => expect(webAddress(address, base)).toBe(expected));

test.each([
  "javascript:alert(document.domain)//#layer",
  "JavaScript:alert(1)#a",
  " java\nscript:alert(1)#a",
  "data:text/html,<script>alert(1)</script>#a",
  "vbscript:x#a",
  "blob:https://convcam.test/1#a",
  "https://[#a",
])("%s is none", (address) => expect(webAddress(address, base)).toBeUndefined());
