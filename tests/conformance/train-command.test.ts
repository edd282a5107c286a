// `convcam train` and `convcam evaluate`, from files to files.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GraphBuilder, type Value } from "../../models/builder.ts";
import { main } from "../../src/cli/main.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { readModel } from "../../src/engine/source.ts";
import { labelsInMetadata } from "../../src/ui/hints/labels.ts";

let folder = "";
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "convcam-train-"));
  said = [];
  for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation((text: string) => void said.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** So many pictures of 28 × 28: those of an odd class are bright on the right. */
function writeDigits(prefix: string, count: number, isCompressed = false): void {
  const head = (shape: readonly number[]) => [0, 0, 8, shape.length, ...shape.flatMap((extent) => [0, 0, extent >> 8, extent & 255])];
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const pixels = labels.flatMap((label) => Array.from({ length: 784 }, (_, at) => (at % 28 >= 14 === (label === 1) ? 255 : 0)));
  const images = Uint8Array.from([...head([count, 28, 28]), ...pixels]);
  writeFileSync(join(folder, `${prefix}-images-idx3-ubyte${isCompressed ? ".gz" : ""}`), isCompressed ? gzipSync(images) : images);
  writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), Uint8Array.from([...head([count]), ...labels]));
}

const train = (...rest: readonly string[]) =>
  main(["train", "mnist", "--data", `idx:${folder}`, "--batch", "8", "--optimizer", "adam", ...rest]);

test("a network learns to tell two kinds of pictures, and its file and log say so", { timeout: 120_000 }, async () => {
  writeDigits("train", 24, true);
  writeDigits("t10k", 10);
  const [out, log] = [join(folder, "learned.onnx"), join(folder, "log.csv")];
  expect(await train("--steps", "9", "--out", out, "--log", log, "--save-every", "4")).toBe(0);
  expect(said.join("\n")).toContain("24 examples (0 12, 1 12), 9 steps of 8");
  expect(said.join("\n")).toContain("100.00 % of 10 test examples are right");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines[0]).toBe("step,loss,rate,seconds");
  expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  const losses = lines.slice(1).map((line) => Number(line.split(",")[1]));
  expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
  for (const step of [4, 8]) expect(readFileSync(join(folder, `learned-${step}.onnx`)).length).toBeGreaterThan(800_000);
  // A training that goes on from a checkpoint does not write over it.
  const fourth = join(folder, "learned-4.onnx");
  const before = readFileSync(fourth);
  expect(await main(["train", fourth, "--data", `idx:${folder}`, "--steps", "9", "--out", out, "--save-every", "4"])).toBe(2);
  expect(said.join("\n")).toContain(`--out '${fourth}': the command reads this file.`);
  expect(readFileSync(fourth).equals(before)).toBe(true);
  said = [];
  expect(await main(["evaluate", out, "--data", `idx:${folder}`, "--json", join(folder, "result.json")])).toBe(0);
  expect(said.join("\n")).toContain("100.00 % of 10 examples are right");
  const { accuracy, confusion } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
  expect(accuracy).toBe(1);
  expect(confusion[1][1]).toBe(5);
});

test.each([
  ["a place that cannot be written, before anything is computed", ["--out", "/nowhere/at/all.onnx"], "there is no folder '/nowhere/at'", 1],
  ["a log that cannot be written", ["--out", "OUT", "--log", "/nowhere/log.csv"], "'/nowhere/log.csv' could not be written", 1],
  ["another size of steps", ["--out", "OUT", "--steps", "3", "--epochs", "2"], "give one of them", 2],
  ["fewer bytes than a step can take", ["--out", "OUT", "--max-bytes", "1K"], "maxBytes: a step takes", 1],
  ["a momentum that Adam has not", ["--out", "OUT", "--momentum", "0.5"], "--momentum is sgd's", 2],
  ["means of other channels", ["--out", "OUT", "--mean", "1,2,3"], "--mean: 3 numbers", 1],
  ["what freezes nothing", ["--out", "OUT", "--freeze", "^nothing"], "no parameter has such a name", 1],
] as const)("is refused with %s", { timeout: 60_000 }, async (_, options, message, status) => {
  writeDigits("train", 8);
  expect(await train(...options.map((one) => (one === "OUT" ? join(folder, "out.onnx") : one)))).toBe(status);
  expect(said.join("\n")).toContain(message);
});

test("a log that can be written no more is told, and the network is written all the same", { timeout: 60_000 }, async () => {
  writeDigits("train", 8);
  writeDigits("t10k", 4);
  const out = join(folder, "learned.onnx");
  process.exitCode = undefined;
  const status = await train("--steps", "2", "--out", out, "--log", "/dev/full");
  process.exitCode = undefined;
  expect(said.join("\n")).toMatch(/the log '\/dev\/full' could not be written: .*no space/);
  expect(status).toBe(1);
  expect(readFileSync(out).length).toBeGreaterThan(800_000);
});

test("a log on standard output stands there alone", { timeout: 60_000 }, async () => {
  writeDigits("train", 8);
  let written = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text, done) => {
    written += String(text);
    if (typeof done === "function") (done as () => void)();
    return true;
  });
  const log = vi.spyOn(console, "log");
  expect(await train("--steps", "2", "--out", join(folder, "out.onnx"), "--log", "-", "--no-test")).toBe(0);
  expect(written).toMatch(/^step,loss,rate,seconds\n1,[\d.,]+\n2,[\d.,]+\n$/);
  expect(log).not.toHaveBeenCalled();
  expect(said.join("\n")).toContain("8 examples");
  expect(existsSync("-")).toBe(false);
});

test("folders of pictures are classes, numbered alike in both parts", { timeout: 60_000 }, async () => {
  /** Bright where it says. */
  const picture = (isBright: (x: number, y: number) => boolean) =>
    sharp(Buffer.from(Array.from({ length: 784 }, (_, at) => (isBright(at % 28, Math.floor(at / 28)) ? 255 : 0))), {
      raw: { width: 28, height: 28, channels: 1 },
    })
      .png()
      .toBuffer();
  const kinds = { left: (x: number) => x < 14, right: (x: number) => x >= 14, top: (_: number, y: number) => y < 14 };
  for (const path of ["train/left", "train/right", "train/top", "test/right", "test/top", "train/.thumbnails"]) {
    mkdirSync(join(folder, path), { recursive: true });
    const kind = kinds[path.split("/")[1] as keyof typeof kinds] ?? kinds.left;
    for (const i of [1, 2, 3]) writeFileSync(join(folder, path, `${i}.png`), await picture(kind));
  }
  writeFileSync(join(folder, "train/left/broken.png"), "no picture");
  const options = ["--data", `folder:${folder}`, "--batch", "9", "--steps", "20", "--optimizer", "adam", "--lr", "0.002"];
  expect(await main(["train", "mnist", ...options, "--out", join(folder, "out.onnx")])).toBe(0);
  expect(said.join("\n")).toContain("9 examples (left 3, right 3, top 3)");
  const broken = join(folder, "train/left/broken.png");
  expect(said).toContainEqual(expect.stringMatching(/^convcam: '[^']*broken\.png' is left out: [^']*$/));
  expect(said.join("\n")).toContain(broken);
  expect(said.join("\n")).toContain("trying it on what is held back");
  expect(said.join("\n")).toContain("100.00 % of 6 test examples are right");
  // The file knows what its classes are called, and so does each command that reads it.
  const [out, top] = [join(folder, "out.onnx"), join(folder, "test/top/1.png")];
  expect(labelsInMetadata((await readModel(new Uint8Array(readFileSync(out)))).metadata)).toEqual(["left", "right", "top"]);
  said = [];
  expect(await main(["run", out, top, "--top", "4"])).toBe(0);
  expect(said[1]).toMatch(/% {2}top$/);
  expect(said[4]).toMatch(/% {2}class \d$/);
  said = [];
  expect(await main(["explain", out, top, "--class", "right", "--method", "gradient", "--save", join(folder, "why.npy")])).toBe(0);
  expect(said[0]).toContain("gradient of right by");
  // Names that are given count more.
  writeFileSync(join(folder, "names.txt"), "a\nb\nc");
  said = [];
  expect(await main(["run", out, top, "--top", "1", "--labels", join(folder, "names.txt")])).toBe(0);
  expect(said[1]).toMatch(/% {2}c$/);
});

test("names of parameters to freeze are checked before pictures are read", async () => {
  const options = ["--data", "folder:/nowhere/at/all", "--out", join(folder, "out.onnx"), "--freeze", "nosuch"];
  expect(await main(["train", "mnist", ...options])).toBe(1);
  expect(said.join("\n")).toContain("--freeze nosuch: no parameter has such a name. There are 'conv_1/kernel'");
});

test("with --no-test the network is written, and not tried", { timeout: 60_000 }, async () => {
  writeDigits("train", 8);
  writeDigits("t10k", 4);
  const out = join(folder, "out.onnx");
  expect(await train("--steps", "1", "--out", out, "--no-test")).toBe(0);
  expect(said.at(-1)).toBe(`written to ${out}`);
  // Numbers are no names of classes.
  expect((await readModel(new Uint8Array(readFileSync(out)))).metadata.has("names")).toBe(false);
});

test("of folders that do not say, one of five of each class is held back, by the seed, which `evaluate` takes as well", {
  timeout: 120_000,
}, async () => {
  for (const [kind, level] of [
    ["dark", 30],
    ["light", 220],
  ] as const) {
    mkdirSync(join(folder, kind));
    for (let i = 0; i < 10; i++)
      await sharp({ create: { width: 28, height: 28, channels: 3, background: { r: level, g: level + i, b: level } } })
        .png()
        .toFile(join(folder, kind, `${i}.png`));
  }
  const [data, out, json] = [`folder:${folder}`, join(folder, "out.onnx"), join(folder, "result.json")];
  const options = ["--data", data, "--batch", "8", "--steps", "6", "--optimizer", "adam", "--seed", "3"];
  expect(await main(["train", "mnist", ...options, "--out", out])).toBe(0);
  expect(said.join("\n")).toContain("16 examples (dark 8, light 8)");
  expect(said.join("\n")).toContain("the network has 10 scores, the pictures are of 2 classes");
  const [, share] = /([\d.]+) % of 4 test examples are right/.exec(said.join("\n")) ?? [];
  said = [];
  expect(await main(["evaluate", out, "--data", data, "--seed", "3", "--json", json])).toBe(0);
  expect(said.join("\n")).toContain(`${share} % of 4 examples are right`);
  expect(JSON.parse(readFileSync(json, "utf8")).classes).toEqual(["dark", "light"]);
  expect(await main(["evaluate", out, "--data", data, "--seed", "3", "--part", "train"])).toBe(0);
  expect(said.join("\n")).toContain("of 16 examples are right");
  // A folder of what is held back alone is all of it.
  mkdirSync(join(folder, "other"));
  for (const kind of ["dark", "light"]) cpSync(join(folder, kind), join(folder, "other/test", kind), { recursive: true });
  expect(await main(["evaluate", out, "--data", `folder:${join(folder, "other")}`])).toBe(0);
  expect(said.join("\n")).toContain("of 20 examples are right");
  // Its classes have the network's numbers, by their names or by numbers.
  for (const [name, kinds, sizes] of [
    ["one", ["light"], [0, 10]],
    ["digits", ["3", "7"], [0, 0, 0, 10, 0, 0, 0, 10, 0, 0]],
    ["others", ["light", "tiger"], [0, 10]],
  ] as const) {
    for (const kind of kinds) cpSync(join(folder, "light"), join(folder, name, "test", kind), { recursive: true });
    expect(await main(["evaluate", out, "--data", `folder:${join(folder, name)}`, "--json", json])).toBe(0);
    const rows = JSON.parse(readFileSync(json, "utf8")).confusion as readonly (readonly number[])[];
    expect(rows.slice(0, sizes.length).map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual(sizes);
  }
  expect(said.filter((text) => text.includes("left out"))).toEqual([expect.stringContaining("the network has no class 'tiger'")]);
});

test("a network whose loss rises far is told once, with what to do, and written all the same", { timeout: 60_000 }, async () => {
  writeDigits("train", 24);
  writeDigits("t10k", 4);
  const out = join(folder, "out.onnx");
  expect(await train("--steps", "8", "--lr", "1000", "--out", out)).toBe(0);
  const told = said.filter((text) => text.includes("the network has come apart"));
  expect(told.length).toBe(1);
  expect(told[0]).toMatch(
    /^convcam: after step \d the loss is \d+, far above that it began with, [\d.]+: .*\. Try a lower --lr, or --clip 1\.$/,
  );
  expect(readFileSync(out).length).toBeGreaterThan(800_000);
});

test("a network learns in 16 bits where the GPU has them, and its file has 32", { timeout: 120_000 }, async () => {
  writeDigits("train", 24);
  writeDigits("t10k", 10);
  const out = join(folder, "out.onnx");
  expect(await train("--steps", "9", "--out", out, "--precision", "float16")).toBe(0);
  expect(said.join("\n")).toContain("100.00 % of 10 test examples are right");
  expect(readFileSync(out).length).toBeGreaterThan(800_000);
});

test("where nothing is held back, nobody says how good the network is, which is no failure", { timeout: 60_000 }, async () => {
  writeDigits("train", 8);
  writeDigits("t10k", 0);
  const out = join(folder, "out.onnx");
  expect(await train("--steps", "1", "--out", out)).toBe(0);
  expect(said).toContain("8 examples (0 4, 1 4), 1 step of 8");
  expect(said.at(-1)).toBe("nobody says how good it is: no picture is held back");
  said = [];
  expect(await main(["evaluate", out, "--data", `idx:${folder}`])).toBe(1);
  expect(said[0]).toMatch(/none of its pictures is held back, as t10k-images-idx3-ubyte has none\. Add --part train\.$/);
});

test("labels of what is held back that the network has no score for are told before the first step", { timeout: 60_000 }, async () => {
  writeDigits("train", 8);
  writeDigits("t10k", 4);
  const labels = join(folder, "t10k-labels-idx1-ubyte");
  writeFileSync(labels, readFileSync(labels).fill(10, 11));
  expect(await train("--steps", "1", "--out", join(folder, "out.onnx"))).toBe(1);
  expect(said.at(-1)).toContain("what is held back: the pictures are of 11 classes, but the network has 10 scores.");
  expect(existsSync(join(folder, "out.onnx"))).toBe(false);
});

test("data that is not there, or damaged, is named", async () => {
  expect(await train("--out", join(folder, "out.onnx"))).toBe(1);
  expect(said.join("\n")).toContain("there is neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz");
  writeDigits("train", 8);
  writeFileSync(join(folder, "train-images-idx3-ubyte"), Uint8Array.from([0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 28, 0, 0, 0, 28]));
  said = [];
  expect(await train("--out", join(folder, "out.onnx"))).toBe(1);
  expect(said.join("\n")).toContain("should hold 3367254359280 bytes");
});

test("the rate follows a schedule, batches are computed in parts, and pictures are changed", { timeout: 120_000 }, async () => {
  writeDigits("train", 24);
  const [out, log] = [join(folder, "out.onnx"), join(folder, "log.csv")];
  const options = [
    "--schedule",
    "cosine",
    "--warm-up",
    "2",
    "--lr",
    "0.004",
    "--accumulate",
    "2",
    "--augment",
    "brightness,noise:0.05,turn:5",
  ];
  expect(await train("--steps", "6", "--out", out, "--log", log, "--save-at", "2,5", ...options)).toBe(0);
  const rows = readFileSync(log, "utf8").trimEnd().split("\n").slice(1);
  const rates = rows.map((row) => Number(Number(row.split(",")[2]).toFixed(5)));
  expect(rates).toEqual([0.002, 0.004, 0.004, 0.00341, 0.002, 0.00059]);
  for (const step of [2, 5]) expect(readFileSync(join(folder, `out-${step}.onnx`)).length).toBeGreaterThan(800_000);
  expect(said.filter((one) => one.startsWith("written to"))).toEqual(
    [2, 5].map((step) => `written to ${join(folder, `out-${step}.onnx`)}`).concat(`written to ${out}`),
  );
});

/** A small network of the pictures of a road, or of shapes. */
function writeSmall(path: string, head: (g: GraphBuilder, x: Value) => readonly Value[]): void {
  const g = new GraphBuilder("small", { seed: 3 });
  let x = g.input("picture", [3, 16, 16]);
  x = g.conv("conv", x, 8, { kernel: 5, stride: 2, activation: "relu" });
  writeFileSync(path, encodeModel(g.build(head(g, g.flatten("flat", x)))));
}

test("a network of two outputs learns to drive, and is told how long it keeps the lane", { timeout: 120_000 }, async () => {
  const [file, out, log, json] = ["small.onnx", "driver.onnx", "log.csv", "report.json"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  writeSmall(file, (g, x) => [g.dense("speed", x, 1, { activation: "sigmoid" }), g.dense("steering", x, 1, { activation: "tanh" })]);
  const options = ["--optimizer", "adam", "--lr", "0.01", "--batch", "16", "--steps", "60", "--augment", "brightness"];
  expect(await main(["train", file, "--data", "road", "--out", out, "--log", log, ...options])).toBe(0);
  expect(said.join("\n")).toContain("pictures of the road (steering: 'steering', throttle: 'speed'), 60 steps of 16");
  expect(said.join("\n")).toMatch(
    /mean squared errors: steering 0\.\d+, throttle 0\.\d+; [\d.]+ % of the time in the lane, on 4 roads for 15 s each: [\d.]+ km, \d+ collisions \(a short drive: `evaluate` lets it drive longer\)/,
  );
  const [head, ...rows] = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(head).toBe("step,loss,rate,seconds,steering,speed");
  const losses = rows.map((row) => row.split(",").map(Number));
  for (const [, loss = 0, , , steering = 0, speed = 0] of losses) expect(loss).toBeCloseTo(steering + speed, 4);
  const mean = (part: typeof losses) => part.reduce((sum, row) => sum + (row[1] as number), 0) / part.length;
  expect(mean(losses.slice(-10))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
  said = [];
  expect(await main(["evaluate", out, "--data", "road", "--json", json])).toBe(0);
  expect(said.join("\n")).toMatch(
    /mean squared error of steering .* in 500 pictures\n[\d.]+ % of the time in the lane, on 8 roads for 60 s each/,
  );
  const { errors, drive } = JSON.parse(readFileSync(json, "utf8"));
  expect(errors.steering).toBeLessThan(0.2);
  expect(drive.inLane).toBeGreaterThan(0);
});

test("shapes are drawn without end, and others are held back", { timeout: 60_000 }, async () => {
  const [file, out] = [join(folder, "small.onnx"), join(folder, "out.onnx")];
  writeSmall(file, (g, x) => [g.dense("kind", x, 12, { activation: "softmax" })]);
  expect(await main(["train", file, "--data", "shapes", "--out", out, "--steps", "40", "--optimizer", "adam", "--lr", "0.01"])).toBe(0);
  expect(said.join("\n")).toContain("pictures of 12 kinds of shapes, 40 steps of 32");
  const [, share] = /([\d.]+) % of 600 test examples are right/.exec(said.join("\n")) ?? [];
  // By chance it would be a twelfth.
  expect(Number(share)).toBeGreaterThan(16);
  said = [];
  expect(await main(["evaluate", out, "--data", "shapes"])).toBe(0);
  expect(said.join("\n")).toContain(`${share} % of 600 examples are right`);
  expect(said.join("\n")).toContain("green star");
});

test.each([
  ["a road for one output", ["mnist", "--data", "road"], "pictures of the road are square and in colour; the model takes 1 × 28 × 28", 1],
  ["a road for scores of classes", ["tiny-vgg", "--data", "road"], "two outputs, steering and throttle; this one has 1", 1],
  ["epochs of what has no end", ["driver", "--data", "road", "--epochs", "2"], "--epochs: these examples have no end", 2],
  ["a road that is mirrored", ["driver", "--data", "road", "--augment", "flip"], "--augment flip would make", 2],
  ["shapes in gray", ["mnist", "--data", "shapes"], "shapes are square and in colour", 1],
  ["parts that are not alike", ["driver", "--data", "road", "--batch", "9", "--accumulate", "2"], "a batch of 9 has no such parts", 2],
] as const)("is refused: %s", { timeout: 60_000 }, async (_, options, message, status) => {
  expect(await main(["train", ...options, "--out", join(folder, "out.onnx")])).toBe(status);
  expect(said.join("\n")).toContain(message);
});
