// What is said beside a link: what it does not hold, and nothing where it holds all.
import { describe, expect, it } from "vitest";
import { noteOn } from "../../src/ui/page/share.ts";
import { isGalleryName, writePicture } from "../../src/ui/page/written-input.ts";

describe("the note beside a link", () => {
  it.each([
    [{ isFile: false, input: undefined }, /^$/],
    [{ isFile: false, input: "road" }, /^$/],
    [{ isFile: false, input: "https://example.org/file" }, /^$/],
    [{ isFile: true, input: undefined }, /^The network is a file of yours.*too\.$/],
    [{ isFile: false, input: "file" }, /^The picture is one that a link does not hold/],
    [{ isFile: true, input: "file" }, /^The network .* The picture /],
    [{ isFile: false, input: "camera" }, /a camera of their own/],
  ])("of %j is %s", (shared, note) => {
    expect(noteOn(shared)).toMatch(note);
  });
});

describe("a picture in an address", () => {
  it.each([
    ["https://example.org/cat.png", "https://example.org/cat.png"],
    ["data:image/png;base64,AAAA", "data:image/png;base64,AAAA"],
    [`data:image/png;base64,${"A".repeat(2000)}`, "file"],
    ["blob:https://example.org/1", "file"],
    [undefined, "file"],
  ])("%s is %s", (address, written) => {
    expect(writePicture(address)).toBe(written);
  });

  it.each([
    ["road", true],
    ["photo-cat", true],
    ["cat.png", false],
    ["pictures/cat", false],
    ["data:,x", false],
  ])("%s is a name of the gallery: %s", (written, isName) => {
    expect(isGalleryName(written)).toBe(isName);
  });
});
