// Lists of pictures: CSV as RFC 4180 and spreadsheets write it, and what its rows say.
import { afterEach, describe, expect, test, vi } from "vitest";
import { parseCsv } from "../../src/data-sets/csv.ts";
import { divideListed } from "../../src/data-sets/divide.ts";
import { readPictureList } from "../../src/data-sets/picture-list.ts";
import { readExamples } from "../../src/ui/train/data.ts";
import { labelsOf, readLabels } from "../../src/ui/train/own-pictures.ts";
import type { OwnPicture } from "../../src/ui/train/request.ts";

afterEach(() => void vi.unstubAllGlobals());

describe("CSV", () => {
  test.each<[string, string, readonly (readonly string[])[]]>([
    [
      "lines that end in CRLF, the last one too",
      "a,b\r\nc,d\r\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "a last line without an end",
      "a,b\nc,d",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "lines of an old Mac",
      "a,b\rc,d",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["quotes around a comma, a quote and an end of a line", '"a,1","say ""b""","c\r\nd"\n', [["a,1", 'say "b"', "c\r\nd"]]],
    [
      "empty cells, and quotes around nothing",
      'a,,\n"",b,c',
      [
        ["a", "", ""],
        ["", "b", "c"],
      ],
    ],
    ["a mark of UTF-8, as spreadsheets write it", '\ufeff"a",b', [["a", "b"]]],
    ["semicolons", "a,1;b\nc;d", [["a", "1;b"], ["c;d"]]],
    [
      "semicolons, where they come first",
      "a;1,5\nc;2,5",
      [
        ["a", "1,5"],
        ["c", "2,5"],
      ],
    ],
    [
      "tabs",
      "a\tb\nc\t d ",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "empty lines, which are left out",
      "\n\na,b\n\n,\nc,d\n\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["spaces around cells", ' a , "b " , c', [["a", "b ", "c"]]],
    ["a quote within a cell", 'a"b,c', [['a"b', "c"]]],
    ["nothing", "", []],
  ])("with %s", (_, text, rows) => expect(parseCsv(text).map(({ cells }) => cells)).toEqual(rows));

  test("tells the line that a row begins in", () => expect(parseCsv('a,"1\n2"\n\nb,c\n').map(({ line }) => line)).toEqual([1, 4]));

  test.each(['a,b\n"c,d', 'a\n"b"c,d'])("refuses a quote that does not end: %j", (text) =>
    expect(() => parseCsv(text)).toThrow("line 2: a quote does not end"),
  );
});

const short = (text: string, known?: readonly string[]) => {
  const { pictures, ...rest } = readPictureList(text, known);
  return {
    ...rest,
    pictures: pictures.map(({ path, isTest, label, numbers }) => [path, isTest, ...(numbers.length > 0 ? numbers : [label])]),
  };
};

describe("a list", () => {
  test("of paths and names of classes, without a head", () =>
    expect(short("one.png,dog\n.\\cats\\two.png,cat\n")).toEqual({
      classes: ["cat", "dog"],
      columns: [],
      leftOut: [],
      pictures: [
        ["one.png", undefined, 1],
        ["cats/two.png", undefined, 0],
      ],
    }));

  test("with a head in any order, and what is held back", () =>
    expect(short("id,split,label,file\n7,train,dog,1.jpg\n8,test,cat,2.jpg\n9,validation,cat,3.jpg").pictures).toEqual([
      ["1.jpg", false, 1],
      ["2.jpg", true, 0],
      ["3.jpg", true, 0],
    ]));

  test("of numbers of classes, which are these in the network, too", () => {
    const { classes, pictures } = short("a.png,3\nb.png,01");
    expect(classes).toEqual(["0", "1", "2", "3"]);
    expect(pictures.map(([, , label]) => label)).toEqual([3, 1]);
  });

  test("of one column of other numbers, or of several, which are to be answered", () => {
    expect(short("file,angle\na.png,0.5\nb.png,-1")).toMatchObject({
      classes: [],
      columns: ["angle"],
      pictures: [
        ["a.png", undefined, 0.5],
        ["b.png", undefined, -1],
      ],
    });
    expect(short("a.png,1,2\nb.png,3,4").pictures[1]).toEqual(["b.png", undefined, 3, 4]);
  });

  test("whose rows are wrong, which are named and left out", () => {
    expect(short("file,x,y\na.png,1,2\n,3,4\nb.png,5\nc.png,6,seven").leftOut).toEqual([
      "line 3: there is no path",
      "line 4: a number is missing",
      "line 5: 'seven' is no number",
    ]);
  });

  test("whose part is neither of both is named and left out, and so is what stands in both", () => {
    expect(
      short("file,class,split\na.png,cat,train\nb.png,dog,tset\nc.png,dog,\nd.png,dog,dev\na.png,cat,test\nc.png,dog,train\nd.png,dog,0"),
    ).toMatchObject({
      leftOut: [
        "line 3: 'tset' in the column 'split' is neither train nor test",
        "line 6: 'a.png' is learned from in line 2",
        "line 8: 'd.png' is held back in line 5",
      ],
      pictures: [
        ["a.png", false, 0],
        ["c.png", false, 1],
        ["d.png", true, 1],
        ["c.png", false, 1],
      ],
    });
    expect(short("a.png,cat\nb.png,dog\na.png,cat").leftOut).toEqual(["line 3: 'a.png' stands in line 1, too"]);
  });

  test("of what is held back has the classes of what is trained on", () => {
    const { classes, pictures, leftOut } = short("a.png,dog\nb.png,cow", ["cat", "dog"]);
    expect([classes, pictures, leftOut]).toEqual([["cat", "dog"], [["a.png", undefined, 1]], ["line 2: 'cow' is none of the classes"]]);
  });

  test.each([
    ["", "the list is empty"],
    ["a,b\nc,d", "there is no column of pictures; expected rows such as cats/one.png,cat, not c,d"],
    ["file\na.png", "there is only a column of pictures"],
    ["a.png,cat\nb.png,cat", "all pictures are of one class, 'cat'"],
    ["file,x,y\na.png,left,2", "columns 'x', 'y': expected one of classes, or several of numbers"],
    ["file,class\na.png,", "no row of the list can be used: line 2: it has no class."],
    ["file,class,split\n", "the list has a head, and no rows below it."],
    [
      "file,class,set\na.png,cat,summer\nb.png,dog,winter",
      "no row of the list can be used: line 2: 'summer' in the column 'set' is neither train nor test.",
    ],
  ])("%j is refused", (text, message) => expect(() => readPictureList(text)).toThrow(message));
});

describe("pictures with a list among them", () => {
  const file = (path: string, text = "") => ({ path, file: new File([text], path.split("/").at(-1) as string) });
  const labels = async (...files: readonly ReturnType<typeof file>[]) => {
    const { classes, pictures, leftOut } = await readLabels(files);
    return [classes, pictures.map(({ path, label, isTest }) => [path, label, isTest]), leftOut];
  };

  test("have the classes that it says, by their paths from the list on, or by their names", async () => {
    const list = file("pets/all.csv", "file,class,test\nimages/1.png,cat,0\n./images/2.png,dog,1\nimages/3.png,dog,0\nimages/4.png,,1");
    const expected = [["cat", "dog"], 2];
    const found = await labels(list, file("pets/images/1.png"), file("pets/images/2.png"));
    expect([found[0], found[2]]).toEqual(expected);
    expect(found[1]).toEqual([
      ["pets/images/1.png", 0, false],
      ["pets/images/2.png", 1, true],
    ]);
    expect((await labels(list, file("1.png"), file("2.png")))[1]).toEqual([
      ["1.png", 0, false],
      ["2.png", 1, true],
    ]);
  });

  test("without a list have the folder that they lie in", async () =>
    expect(await labels(file("cat/1.png"), file("dog/2.png"))).toEqual([
      ["cat", "dog"],
      [
        ["cat/1.png", 0, undefined],
        ["dog/2.png", 1, undefined],
      ],
      0,
    ]));

  test.each([
    [[file("a.csv", "1.png,0.5\n2.png,0.7")], "'a.csv': it has numbers (column 2)"],
    [[file("a.csv", "1.png,cat\n2.png,dog")], "'a.csv': none of its pictures is here, such as 1.png"],
    [[file("a.csv"), file("b.csv")], "there are several lists, 'a.csv' and 'b.csv'"],
  ])("%# are refused", async (files, message) => expect(labels(...files)).rejects.toThrow(message));
});

test("a list says what is held back, or one of five of each class is, whichever numbers are classes", () => {
  const all = Array.from({ length: 10 }, (_, i) => ({ label: i < 5 ? 0 : 7, isTest: undefined as boolean | undefined, i }));
  const { train, test: held } = divideListed(all, ["0", "1", "2", "3", "4", "5", "6", "7"], 0);
  expect([train.length, held.map(({ label }) => label)]).toEqual([8, [0, 7]]);
  const said = divideListed(
    all.map((one) => ({ ...one, isTest: one.i === 3 })),
    ["0", "7"],
    0,
  );
  expect(said.test.map(({ i }) => i)).toEqual([3]);
});

test("a list that says what is held back is obeyed: all of it, or nothing", () => {
  const all = Array.from({ length: 10 }, (_, i) => ({ i, label: i % 2, isTest: undefined }));
  const parts = (isTest: boolean) =>
    divideListed(
      all.map((one) => ({ ...one, isTest })),
      ["a", "b"],
      0,
    );
  expect([parts(false).train.length, parts(false).test.length]).toEqual([10, 0]);
  expect([parts(true).train.length, parts(true).test.length]).toEqual([0, 10]);
});

test("in the page, a list that leaves nothing to learn from is refused, and pictures by any of their names are tried", async () => {
  const file = (path: string, text = "") => ({ path, file: new File([text], path) });
  const list = (split: string) => file("p/list.csv", `file,class,split\na.tif,x,${split}\nb.tif,y,${split}`);
  const pictures = [file("p/a.tif"), file("p/b.tif")];
  expect((await readLabels([...pictures, list("train")])).pictures).toHaveLength(2);
  expect(labelsOf([file("x/a.tif"), file("y/b.png")]).pictures).toHaveLength(2);
  const viewer = () =>
    ({
      imageInputName: "x",
      viewOf: () => ({ channels: 1, height: 1, width: 1 }),
      model: { inputs: [{ name: "x", shape: [1, 1, 1, 1] }] },
    }) as never;
  const read = (files: readonly OwnPicture[]) =>
    readExamples(viewer(), { data: "", files, optimizer: "adam", batch: 1, seed: 1, freeze: undefined }, {});
  await expect(read([...pictures, list("train")])).rejects.toThrow("none of the pictures could be read");
  vi.stubGlobal("createImageBitmap", async () => ({ width: 1, height: 1, close() {} }));
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      getContext = () => ({ drawImage() {}, getImageData: () => ({ data: new Uint8ClampedArray(4) }) });
    },
  );
  await expect(read([...pictures, list("test")])).rejects.toThrow("none is left to learn from");
  const { train, test: held } = await read([...pictures, list("train")]);
  expect([train.length, held]).toEqual([2, undefined]);
  const others = file("p/list.csv", "file,class,split\na.tif,x,train\nb.tif,y,test");
  await expect(read([...pictures, others])).rejects.toThrow("all pictures to learn from are of one class, 'x'; expected at least two.");
});

describe("what a list holds", () => {
  test("a number beyond 32 bits is left out, as one that is none", () => {
    expect(readPictureList("a.png,0.5\nb.png,1e39\nc.png,0.7").leftOut).toEqual(["line 2: '1e39' is beyond what 32 bits hold"]);
  });

  test("a class below 0, or beyond the last that there may be, is told in words; without a head that says so it is a number to answer", () => {
    expect(() => readPictureList("file,class\na.png,1\nb.png,-1")).toThrow(
      "line 3: '-1' in the column 'class' is no number of a class; expected 0 to 9999, or names.",
    );
    expect(() => readPictureList("file,class\na.png,1\nb.png,20000")).toThrow(
      "line 3: '20000' in the column 'class' is no number of a class",
    );
    expect(readPictureList("file,side\na.png,1\nb.png,-1").columns).toEqual(["side"]);
    expect(readPictureList("file,label\na.png,0.5\nb.png,-1").columns).toEqual(["label"]);
  });

  test("a wrong first row, or a few others, do not turn numbers into classes; where many are names, all are", () => {
    const rows = (...right: readonly string[]) => right.map((one, i) => `${i}.png,${one}`).join("\n");
    const numbers = ["?", ...Array.from({ length: 19 }, (_, i) => `0.${i}5`)];
    expect(readPictureList(rows(...numbers))).toMatchObject({ classes: [], leftOut: ["line 1: '?' is no number"] });
    expect(readPictureList(rows("7", "A", "B", "3")).classes).toEqual(["3", "7", "A", "B"]);
    expect(readPictureList(`file,class\n${rows(...numbers)}`).classes).toContain("?");
  });

  test("a comma may stand for the point of a number", () => {
    const { classes, pictures } = readPictureList("a.png;1,5\nb.png;-2,25");
    expect(classes).toEqual([]);
    expect(pictures.map(({ numbers }) => numbers)).toEqual([[1.5], [-2.25]]);
  });

  test("a text of 20 MB in quotes is read", () => {
    const text = "x".repeat(20_000_000);
    expect(parseCsv(`a.png,"${text}"`)[0]?.cells[1]?.length).toBe(text.length);
  });
});

describe("pictures that a list among them names", () => {
  const file = (path: string, text = "") => ({ path, file: new File([text], path) });

  test("pictures of one name in several folders are told apart, from above, too", async () => {
    const list = file("all/list.csv", "cats/1.png,cat\ndogs/1.png,dog");
    const { pictures } = await readLabels([list, file("all/images/cats/1.png"), file("all/images/dogs/1.png")]);
    expect(pictures.map(({ path, label }) => [path, label])).toEqual([
      ["all/images/cats/1.png", 0],
      ["all/images/dogs/1.png", 1],
    ]);
  });

  test("a picture that two rows may mean is none of them", async () => {
    const list = file("list.csv", "cats/1.png,cat\ndogs/1.png,dog\na/2.png,cat");
    const { pictures, leftOut, unread } = await readLabels([list, file("1.png"), file("2.png")]);
    expect(pictures.map(({ path }) => path)).toEqual(["2.png"]);
    expect(leftOut).toBe(2);
    expect(unread).toEqual(["'cats/1.png' is not here", "'dogs/1.png' is not here"]);
  });
});
