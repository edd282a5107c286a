// Pictures to learn from that come in a .zip archive.
import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { unpacked } from "../../src/ui/train/archives.ts";
import { identityOf, labelsOf } from "../../src/ui/train/own-pictures.ts";

const archive = (bytes: Uint8Array, name = "pets.zip") => ({ path: name, file: new File([bytes.slice()], name) });
const textOf = (files: Awaited<ReturnType<typeof unpacked>>) =>
  Promise.all((files ?? []).map(async ({ path, file }) => [path, await file.text()]));

const pets = zipSync({
  "pets/cats/one.png": strToU8("a"),
  "pets/cats/two.jpg": [strToU8("bb".repeat(100)), { level: 0 }],
  "pets/dogs/three.webp": strToU8("c"),
  "pets/list.csv": strToU8("dogs/three.webp,dog"),
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
      ["pets/list.csv", "dogs/three.webp,dog"],
      ["birds/four.png", "d"],
    ]);
    expect(labelsOf(files ?? []).classes).toEqual(["birds", "cats", "dogs"]);
  });

  test.each([
    ["no archive", strToU8("this is a text, and no archive at all")],
    ["cut off", pets.slice(0, pets.length - 30)],
    ["empty", new Uint8Array()],
  ])("that is %s is named", async (_, bytes) => {
    await expect(unpacked([archive(bytes)])).rejects.toThrow(/^'pets\.zip': it is no \.zip archive, or a damaged one/);
  });

  test("may have its paths as other programs write them", async () => {
    const names = { "./cats/a.png": strToU8("a"), "dogs\\b.png": strToU8("b"), "./__MACOSX/cats/a.png": strToU8("x") };
    expect((await unpacked([archive(zipSync(names))]))?.map(({ path }) => path)).toEqual(["cats/a.png", "dogs/b.png"]);
  });

  test("is unpacked once, and its pictures are the same another time", async () => {
    const one = archive(pets);
    const [first, second] = [await unpacked([one]), await unpacked([one])];
    expect(second?.[0]?.file).toBe(first?.[0]?.file);
    expect(
      identityOf((await unpacked([{ ...one, file: new File([pets.slice()], "pets.zip", { lastModified: one.file.lastModified }) }])) ?? []),
    ).toEqual(identityOf(first ?? []));
  });

  test("that one gives up while another waits for it is unpacked for the other", async () => {
    const one = archive(pets);
    const given = unpacked([one], () => false);
    const wanted = unpacked([one]);
    expect(await given).toBeUndefined();
    expect((await wanted)?.length).toBe(4);
  });

  test("is unpacked a few files at a time, others come meanwhile, and it is given up where it is no longer wanted", async () => {
    const many = zipSync(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`a/${i}.png`, new Uint8Array(2 ** 20).fill(i)])));
    const one = archive(many);
    const shares: number[] = [];
    let turns = 0;
    const ticking = setInterval(() => turns++);
    const files = await unpacked([one], (share) => {
      shares.push(share);
      return share < 0.5;
    });
    expect([files, shares]).toEqual([undefined, [0.25, 0.5]]);
    const whole = await unpacked([one], (share) => shares.push(share) > 0);
    clearInterval(ticking);
    expect(shares).toEqual([0.25, 0.5, 0.25, 0.5, 0.75, 1]);
    expect(
      await Promise.all((whole ?? []).map(async ({ path, file }) => [path, file.size, new Uint8Array(await file.arrayBuffer())[5]])),
    ).toEqual(Array.from({ length: 8 }, (_, i) => [`a/${i}.png`, 2 ** 20, i]));
    expect(turns).toBeGreaterThan(0);
  });

  test("whose stored entries say that they are small counts as what it copies", async () => {
    const stored = zipSync({ "cats/one.png": [new Uint8Array(2 ** 20), { level: 0 }] });
    const view = new DataView(stored.buffer);
    const entry = stored.findLastIndex((_, i) => i + 4 <= stored.length && view.getUint32(i, true) === 0x02014b50);
    view.setUint32(entry + 20, 2 ** 30 + 1, true);
    view.setUint32(entry + 24, 0, true);
    await expect(unpacked([archive(stored)])).rejects.toThrow("more than 1 GiB");
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
