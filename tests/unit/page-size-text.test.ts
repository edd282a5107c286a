// How large a file of a visitor's is said to be.
import { expect, test } from "vitest";
import { sizeText } from "../../src/ui/page/size-text.ts";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [12_345, "12 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [98_765_432, "98.8 MB"],
])("%d bytes are said as %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));
