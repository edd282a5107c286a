// The duration that is written into a recorded video: where it goes, and when the file is left as it is.
import { describe, expect, it } from "vitest";
import { withDuration } from "../../src/ui/export/webm-duration.ts";

const unknown = [0x01, 255, 255, 255, 255, 255, 255, 255];
const head = [0x1a, 0x45, 0xdf, 0xa3, 0x84, 0x42, 0x86, 0x81, 1];
const segment = [0x18, 0x53, 0x80, 0x67];
const info = [0x15, 0x49, 0xa9, 0x66];
const scale = [0x2a, 0xd7, 0xb1, 0x83, 0x0f, 0x42, 0x40];
const tracks = [0x16, 0x54, 0xae, 0x6b, 0x81, 7];
const cluster = [0x1f, 0x43, 0xb6, 0x75, ...unknown, 0xe7, 0x81, 0, 1, 2, 3];
const duration = [0x44, 0x89, 0x88, 0x40, 0x93, 0x48, 0, 0, 0, 0, 0];

const recorded = Uint8Array.from([...head, ...segment, ...unknown, ...info, 0x80 + scale.length, ...scale, ...tracks, ...cluster]);

describe("withDuration", () => {
  it("writes milliseconds to the end of the header, and nothing else", () => {
    // 1234 as a float64 is 40 93 48 00 00 00 00 00.
    const expected = [...head, ...segment, ...unknown, ...info, 1, 0, 0, 0, 0, 0, 0, 18, ...scale, ...duration, ...tracks, ...cluster];
    expect([...withDuration(recorded, 1234)]).toEqual(expected);
  });

  it.each<[string, readonly number[]]>([
    ["that has one", [...head, ...segment, ...unknown, ...info, 0x80 + scale.length + 11, ...scale, ...duration, ...cluster]],
    ["whose size is known", [...head, ...segment, 0x80 + info.length + 1 + scale.length, ...info, 0x80 + scale.length, ...scale]],
    [
      "that tells places",
      [...head, ...segment, ...unknown, 0x11, 0x4d, 0x9b, 0x74, 0x80, ...info, 0x80 + scale.length, ...scale, ...cluster],
    ],
    ["without a header", [...head, ...segment, ...unknown, ...cluster]],
    ["that ends in its header", [...head, ...segment, ...unknown, ...info, 0xa0, ...scale]],
    ["that is none", [0, 1, 2, 3]],
    ["of no bytes", []],
  ])("leaves a file %s as it is", (_, bytes) => expect([...withDuration(Uint8Array.from(bytes), 1234)]).toEqual(bytes));
});
