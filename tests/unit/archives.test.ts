// Pictures to learn from that come in a .zip archive.
import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { unpacked } from "../../src/ui/train/archives.ts";
import { labelsOf } from "../../src/ui/train/own-pictures.ts";

const archive = (bytes: Uint8Array, name = "pets.zip") => ({ path: name, file: new File([bytes.slice()], name) });
const textOf = (files: Awaited<ReturnType<typeof unpacked>>) => Promise.all(files.map(async ({ path, file }) => [path, await file.text()]));

const pets = zipSync({
  "pets/cats/one.png": strToU8("a"),
  "pets/cats/two.jpg": [strToU8("bb".repeat(100)), { level: 0 }],
  "pets/dogs/three.webp": strToU8("c"),
  "pets/dogs/notes.txt": strToU8("no picture"),
  "pets/dogs/.hidden.png": strToU8("kept by a system"),
  "__MACOSX/pets/dogs/three.png": strToU8("kept by a system"),
});

describe("an archive", () => {
  test("gives way to its pictures, stored or compressed, each with its folder; other files stay as they are", async () => {
    const alone = { path: "birds/four.png", file: new File(["d"], "four.png") };
    const files = await unpacked([archive(pets), alone]);
    expect(await textOf(files)).toEqual([
      ["pets/cats/one.png", "a"],
      ["pets/cats/two.jpg", "bb".repeat(100)],
      ["pets/dogs/three.webp", "c"],
      ["birds/four.png", "d"],
    ]);
    expect(labelsOf(files).classes).toEqual(["birds", "cats", "dogs"]);
  });

  test.each([
    ["no archive", strToU8("this is a text, and no archive at all")],
    ["cut off", pets.slice(0, pets.length - 30)],
    ["empty", new Uint8Array()],
  ])("that is %s is named", async (_, bytes) => {
    await expect(unpacked([archive(bytes)])).rejects.toThrow(/^'pets\.zip': it is no \.zip archive, or a damaged one/);
  });

  test("that says it is huge is refused before anything is unpacked", async () => {
    const huge = pets.slice();
    const view = new DataView(huge.buffer);
    // The size of the first file, unpacked, in the list of all at the end.
    const entry = huge.findIndex((_, i) => i + 4 <= huge.length && view.getUint32(i, true) === 0x02014b50);
    view.setUint32(entry + 24, 2 ** 31, true);
    await expect(unpacked([archive(huge)])).rejects.toThrow("'pets.zip': unpacked, it takes more than 1 GiB.");
  });
});
