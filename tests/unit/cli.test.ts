// The command line: what it refuses, with which exit status, and the small decisions behind its output.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { topClasses } from "../../src/cli/classes.ts";
import { parseGate, resolveGate } from "../../src/cli/interventions.ts";
import { readLabels } from "../../src/cli/model-file.ts";
import { formatBytes, formatTable } from "../../src/cli/table.ts";
import { parseBytes, parsePair } from "../../src/cli/usage.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { defaultNormalization } from "../../src/ui/mosaic/normalization.ts";
import { graphOf, op } from "../support/graphs.ts";
import { catchPrinted } from "../support/printed.ts";
import { twoFiles } from "../support/two-files.ts";

// No test here opens a GPU. The files of a process share its modules, so the command is loaded anew, and let go afterwards.
const nodeDevice = "../../src/cli/node-device.ts";
vi.resetModules();
vi.doMock(nodeDevice, () => ({
  requestNodeDevice: () => {
    throw new Error("a GPU was opened");
  },
}));
const { main } = await import("../../src/cli/main.ts");
afterAll(() => {
  vi.doUnmock(nodeDevice);
  vi.resetModules();
});

const printed = catchPrinted();

const usage: readonly (readonly [commandLine: string, status: number, says: string])[] = [
  ["--help", 0, "Examples:"],
  ["--version", 0, "."],
  ["help run", 0, "--save <value=file.npy>"],
  ["mosaic --help", 0, "--colormap <name>"],
  // As the element's attribute does.
  ["mosaic --help", 0, `(default: "${defaultNormalization}")`],
  ["conformance --help", 0, "--force-kernels"],
  ["tune --help", 0, "--network <names...>"],
  ["", 2, "Usage: convcam"],
  ["frobnicate", 2, "unknown command 'frobnicate'"],
  ["summary", 2, "missing required argument 'model'"],
  ["summary a.onnx --frobnicate", 2, "unknown option '--frobnicate'"],
  ["run a.onnx b.png --top none", 2, "convcam: --top 'none': expected a whole number of at least 1.\n"],
  ["run a.onnx b.png --channels xyz", 2, "convcam: --channels 'xyz': expected one of rgb, bgr, gray.\n"],
  ["run a.onnx b.png --resize cubic", 2, "expected one of area, bilinear."],
  ["mosaic a.onnx b.png --layer c --out c.png --resize cubic", 2, "expected one of area, bilinear."],
  ["run a.onnx b.png --mean 1,two", 2, "convcam: --mean '1,two': expected one number, or several with commas"],
  ["run a.onnx b.png --std 1,0,1", 2, "0 divides by zero"],
  // What is infinite as float32 answers NaN.
  ["run a.onnx b.png --scale -1e40", 2, "convcam: --scale '-1e40': expected a number within ±3.4e38, which float32 holds.\n"],
  ["run a.onnx b.png --mean 0,1e999", 2, "within ±3.4e38"],
  ["run a.onnx b.png --std 1e39", 2, "within ±3.4e38"],
  ["run a.onnx b.png --std 1e-50", 2, "divides by zero"],
  ["run a.onnx b.png --mean 1,,2", 2, "expected one number, or several with commas"],
  ["run a.onnx b.png --gate c:3=1e999", 2, "convcam: --gate 'c:3=1e999': expected a number within ±3.4e38"],
  ["run a.onnx b.png --gate c:3=1-4e38", 2, "within ±3.4e38"],
  ["explain a.onnx b.png --out c.png --baseline -1e39", 2, "within ±3.4e38"],
  ["mosaic a.onnx b.png --layer c --out c.png --normalize 0..1e39", 2, "within ±3.4e38"],
  ["run a.onnx b.png --save nofile", 2, "NAME=FILE"],
  ["run a.onnx b.png --shape x", 2, "convcam: --shape 'x': expected NAME=1,3,224,224, its size along each axis.\n"],
  ["run a.onnx b.png --blank 1 --parameters b.onnx", 2, "cannot be used with"],
  // What is written is what a file's ending says.
  ["explain a.onnx b.png --out why.txt", 2, "convcam: --out 'why.txt': expected a name that ends in .png, as this writes nothing else.\n"],
  ["mosaic a.onnx b.png --layer c --out c.jpg", 2, "ends in .png"],
  ["mosaic no/such.onnx --layer c --out C.PNG", 1, "there is no such file"],
  ["mosaic no/such.onnx --layer all --out v1.0/", 1, "there is no such file"],
  ["patterns a.onnx --out c.webp", 2, "ends in .png"],
  ["patterns no/such.onnx --out /dev/stdout", 1, "there is no such file"],
  ["patterns a.onnx --save c.png", 2, "ends in .npy"],
  ["explain a.onnx b.png --save c.png", 2, "ends in .npy"],
  ["run a.onnx b.png --save c=c.txt", 2, "convcam: --save 'c=c.txt': expected a name that ends in .npy"],
  ["build mnist --out a.png", 2, "ends in .onnx"],
  ["train mnist --data shapes --out a.png", 2, "ends in .onnx"],
  // Standard output is one file.
  ["mosaic no/such.onnx --layer all --out -", 2, "--out -: --layer all draws several pictures."],
  ["explain no/such.onnx --layer all --save -", 2, "--save -: --layer all saves several files."],
  ["train mnist --data shapes --out - --save-every 2", 2, "--out -: checkpoints are files of their own"],
  ["patterns a.onnx --layer c --out - --save -", 2, "--out names this file, too"],
  // Seeds are those of `build --seed`.
  ["run a.onnx b.png --blank 1.5", 2, "convcam: --blank '1.5': expected a whole number of at least 0.\n"],
  ["mosaic a.onnx b.png --layer c --out c.png --blank -1", 2, "convcam: --blank '-1': expected a whole number of at least 0.\n"],
  ["patterns a.onnx --out c.png --seed 99999999999999999999", 2, "expected a whole number from 0 to 9007199254740991.\n"],
  ["patterns a.onnx --out c.png --seed 1.5", 2, "convcam: --seed '1.5': expected a whole number of at least 0.\n"],
  ["rum a.onnx", 2, "convcam: unknown command 'rum'. Did you mean run?"],
  ["mosaic a.onnx b.png --out c.png", 2, "--layer"],
  ["mosaic a.onnx b.png --layer c --out c.png --normalize best", 2, "convcam: --normalize 'best': expected one of layer, robust"],
  ["mosaic a.onnx b.png --layer c --out c.png --colormap jet", 2, "viridis"],
  ["mosaic a.onnx b.png --layer c --out c.png --axes 1,2", 2, "one letter per axis: n batch, c channel"],
  ["conformance", 2, "missing required argument 'folders'"],
  ["conformance . --filter (", 2, "regular expression"],
  ["conformance . --relative -1", 2, "convcam: --relative '-1': expected a number of 0 or more.\n"],
  ["conformance . --absolute=-1e-9", 2, "convcam: --absolute '-1e-9': expected a number of 0 or more.\n"],
  ["conformance . --absolute nan", 2, "convcam: --absolute 'nan': expected a number of 0 or more.\n"],
  ["build nothing --out a.onnx", 2, "convcam: name 'nothing': expected a text file, or one of mnist"],
  ["build mnist", 2, "--out"],
  ["summary no/such.onnx", 1, "convcam: model 'no/such.onnx': there is no such file."],
  ["summary tests", 1, "it is a folder"],
  ["summary package.json", 1, "convcam: model 'package.json': This is not an ONNX model but "],
  ["run models/mnist-trained.onnx", 1, "convcam: input 'input_layer' needs a picture, or --input-npy input_layer=FILE.\n"],
  // What the model does not have is told before a GPU is opened.
  [
    "run models/mnist-trained.onnx models/digit.png --gate conv_9:3=0",
    1,
    "--gate: no value or layer is called 'conv_9'. There are 'input_layer',",
  ],
  [
    "run models/mnist-trained.onnx models/digit.png --save conv=a.npy",
    1,
    "--save: no value or layer is called 'conv'. Did you mean 'conv_1/preactivation', 'conv_1',",
  ],
  ["mosaic models/mnist-trained.onnx models/digit.png --layer conv --out a.png", 1, "--layer: no value or layer is called 'conv'. Did you"],
  ["gradcheck models/mnist-trained.onnx --layer conv", 1, "--layer: no value or layer is called 'conv'."],
  ["verify models/mnist-trained.onnx --layer conv", 1, "--layer: no value or layer is called 'conv'."],
  ["explain models/mnist-trained.onnx models/digit.png --layer conv --out a.png", 1, "--layer: no value or layer is called 'conv'."],
  [
    "explain models/mnist-trained.onnx models/digit.png --class 10 --out a.png",
    1,
    "--class 10: the model has 10 scores, so expected 0 to 9.",
  ],
  [
    "run models/mnist-trained.onnx models/digit.png --labels models/digit.png",
    1,
    "convcam: labels 'models/digit.png': this is no text in UTF-8. Expected one name per line, or JSON",
  ],
  ["explain a.onnx b.png --out c.png --labels models/digit.png", 1, "labels 'models/digit.png': this is no text in UTF-8."],
  ["run models/mnist-trained.onnx README.md", 1, "convcam: picture 'README.md': this is no picture that can be read; expected JPEG, PNG,"],
  ["tune no/such.onnx", 1, "convcam: model 'no/such.onnx': there is no such file."],
  ["bench no/such.onnx", 1, "convcam: model 'no/such.onnx': there is no such file."],
  ["tune --network lenet", 1, "no network 'lenet'"],
  ["bench --network lenet", 1, "the bench has no network 'lenet'"],
  ["bench --layer conv99", 1, "the bench has no layer 'conv99'"],
  ["bench --network mnist@0", 1, "the batch size after @ must be a whole number"],
  ["conformance no/such", 1, "convcam: folder 'no/such': there is no such folder."],
  ["conformance src/engine/graph", 1, "no case in src/engine/graph"],
];

test.each(usage)("convcam %s", async (commandLine, status, says) => {
  expect(await main(commandLine.split(" ").filter(Boolean))).toBe(status);
  expect(printed.text).toContain(says);
  if (status > 0 && commandLine !== "") expect(printed.text).toMatch(/^convcam: .*[.?]\n$/);
  // Where the command line or a file is wrong, nobody wants to know where in the program that was noticed.
  expect(printed.text).not.toMatch(/^ +at /m);
});

test.each([
  ["a\r\nb, c\n", ["a", "b, c"]],
  ["\nb\n", ["", "b"]],
  ['["a", "b"]', ["a", "b"]],
  [Buffer.from("caf\xe9", "latin1"), "this is no text in UTF-8"],
  [Buffer.from("\ufeffa\nb", "utf16le"), "this is no text in UTF-8"],
  ["", "the file is empty"],
] as const)("a file of class names that holds %j", async (content, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "convcam-cli-"));
  const path = join(folder, "names.txt");
  writeFileSync(path, content);
  if (typeof expected === "string") await expect(readLabels(path)).rejects.toThrow(`labels '${path}': ${expected}`);
  else expect(await readLabels(path)).toEqual(expected);
  rmSync(folder, { recursive: true });
});

test("a pair is split at its last equals sign, for value names may hold one", () => {
  expect(parsePair("a=b=c.npy")).toEqual(["a=b", "c.npy"]);
});

test.each([
  ["conv_1:3=0", ["conv_1", { channels: [3], scale: 0, shift: 0 }]],
  ["conv_1:3,10=0.5+0.1", ["conv_1", { channels: [3, 10], scale: 0.5, shift: 0.1 }]],
  ["conv_1=-1.5e-3-2", ["conv_1", { scale: -0.0015, shift: -2 }]],
  ["conv_1=.5", ["conv_1", { scale: 0.5, shift: 0 }]],
  // TensorFlow's names end in ":0".
  ["dense/Relu:0=2", ["dense/Relu:0", { scale: 2, shift: 0 }]],
  ["dense/Relu:0:7=2", ["dense/Relu:0", { channels: [7], scale: 2, shift: 0 }]],
  ["a=b:1=0", ["a=b", { channels: [1], scale: 0, shift: 0 }]],
])("--gate %s", (text, expected) => {
  expect(resolveGate(parseGate(text), (name) => ["conv_1", "dense/Relu:0", "a=b"].includes(name))).toEqual(expected);
});

test.each(["conv_1", "conv_1:3", "=0", "conv_1=off", "conv_1=1*2", "conv_1=1+"])("--gate %s makes no sense", (text) => {
  expect(() => parseGate(text)).toThrow("Expected VALUE=SCALE");
});

test("scores become probabilities, once", () => {
  expect(topClasses(new Float32Array([0.25, 0.75]), 5)).toEqual([
    { index: 1, probability: 0.75 },
    { index: 0, probability: 0.25 },
  ]);
  const [best] = topClasses(new Float32Array([1, 3, 2]), 1);
  expect(best?.index).toBe(1);
  expect(best?.probability).toBeCloseTo(0.6652, 4);
});

test("tables align", () => {
  expect(formatTable([{ title: "A" }, { title: "Count", alignRight: true }], [["long name", "1"]])).toBe(
    "A          Count\n─────────  ─────\nlong name      1",
  );
  expect([0, 999, 1234, 553_000_000].map(formatBytes)).toEqual(["0 B", "999 B", "1.2 kB", "553.0 MB"]);
});

test("a summary of a model with free sizes says which it took, and which option changes them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "convcam-cli-"));
  const path = join(folder, "free.onnx");
  const nodes = [
    op("MaxPool", "x", "half", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Resize", "half _ scales", "up", { mode: "nearest" }),
    op("Concat", "x up", "y", { axis: 1 }),
  ];
  const scales = Tensor.from("float32", [4], [1, 1, 2, 2]);
  writeFileSync(path, encodeModel(graphOf({ inputs: { x: ["N", 3, "H", "W"] }, constants: { scales }, nodes })));
  expect(await main(["summary", path])).toBe(0);
  expect(printed.text).toContain("x: float32 N×3×H×W, here 1×3×224×224");
  expect(printed.text).toContain("Convcam runs this model.");
  expect(await main(["summary", path, "--shape", "x=1,3,8,9"])).toBe(0);
  expect(printed.text).toContain("Sizes that are multiples of 2 do: give --shape x=1,3,8,10.");
  expect(await main(["summary", path, "--shape", "y=1,3,8,9"])).toBe(1);
  expect(printed.text).toContain("convcam: --shape: there is no input 'y'. The inputs are 'x'.");
  rmSync(folder, { recursive: true });
});

test("what a file holds is no part of what the terminal obeys", async () => {
  const folder = mkdtempSync(join(tmpdir(), "convcam-cli-"));
  try {
    const path = join(folder, "a.onnx");
    const evil = "\u001b[31mred\nConvcam runs this model.\u202e";
    const nodes = (operator: string) => [{ ...op(operator, "x", "y"), name: evil, outputs: [evil] }];
    for (const [operator, status] of [
      ["Relu", 0],
      [`No${evil}`, 0],
    ] as const) {
      printed.text = "";
      writeFileSync(path, encodeModel(graphOf({ nodes: nodes(operator), outputs: [evil] })));
      expect(await main(["summary", path])).toBe(status);
      expect(printed.text).toContain("\\u{1b}[31mred\\u{a}Convcam runs this model.\\u{202e}");
      for (const character of "\u001b\u202e") expect(printed.text).not.toContain(character);
      expect(printed.text.split("\n").filter((text) => text.startsWith("Convcam runs")).length).toBe(operator === "Relu" ? 1 : 0);
    }
    expect(await main(["run", path])).toBe(1);
    for (const character of "\u001b\u202e") expect(printed.text).not.toContain(character);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("an input may be called %s", async (name) => {
  const folder = mkdtempSync(join(tmpdir(), "convcam-cli-"));
  try {
    const path = join(folder, "a.onnx");
    const graph = graphOf({ nodes: [op("Relu", name, "y")] });
    writeFileSync(path, encodeModel({ ...graph, inputs: [{ name, dtype: "float32", shape: ["n", 3, "h", "w"] }] }));
    expect(await main(["summary", path])).toBe(0);
    expect(printed.text).toContain("1×3×224×224");
    expect(await main(["summary", path, "--shape", `${name}=1,3,32,32`])).toBe(0);
    expect(printed.text).toContain("1×3×32×32");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("weights beside a model are read, and a pipe in their place is refused instead of waited for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "convcam-cli-"));
  const { model, weights } = twoFiles();
  const path = join(folder, "net.onnx");
  writeFileSync(path, model);
  writeFileSync(join(folder, "net.onnx.data"), weights);
  expect(await main(["summary", path])).toBe(0);
  rmSync(join(folder, "net.onnx.data"));
  execFileSync("mkfifo", [join(folder, "net.onnx.data")]);
  expect(await main(["summary", path])).toBe(1);
  expect(printed.text).toContain("external data 'net.onnx.data' is a pipe or a device, not a file.");
  rmSync(folder, { recursive: true });
});

test.each([
  ["500", 500],
  ["1K", 1000],
  ["2.5m", 2_500_000],
  ["2GB", 2e9],
])("%s is %s bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each(["", "G", "-1M", "2T", "0", "1e9", "0.5"])("'%s' is no number of bytes", (text) =>
  expect(() => parseBytes(text)).toThrow("Expected a number of bytes, such as 500M or 2G."),
);

test.each<[string, readonly string[], string]>([
  ["steps and epochs", ["train", "mnist", "--data", "shapes", "--out", "x.onnx", "--steps", "2", "--epochs", "2"], "give one of them"],
  ["a momentum of Adam", ["train", "mnist", "--data", "shapes", "--out", "x.onnx", "--optimizer", "adam", "--momentum", "0.9"], "momentum"],
  [
    "parts that are not alike",
    ["train", "mnist", "--data", "shapes", "--out", "x.onnx", "--accumulate", "5"],
    "a batch of 32 has no such parts",
  ],
  ["a rate below 0", ["train", "mnist", "--data", "shapes", "--out", "x.onnx", "--lr", "-1"], "--lr '-1': expected a number of 0 or more."],
  [
    "a batch without end",
    ["train", "mnist", "--data", "shapes", "--out", "x.onnx", "--batch", "65537"],
    "expected a whole number from 1 to 65536.",
  ],
  [
    "a log that is a network",
    ["train", "mnist", "--data", "shapes", "--out", "x.onnx", "--log", "y.onnx"],
    "expected a name that ends in .csv",
  ],
  ["data that there is not", ["train", "mnist", "--data", "cats", "--out", "x.onnx"], "--data 'cats': expected idx:DIR"],
  ["changes that mirror the road", ["train", "driver", "--data", "road", "--out", "x.onnx", "--augment", "flip"], "--augment flip"],
  ["a picture that nobody draws on", ["explain", "x.onnx", "--out", "x.png"], "--out draws over a picture"],
  ["patterns for nobody", ["patterns", "x.onnx", "--layer", "a"], "nothing to write"],
])("a command line that makes no sense ends with status 2: %s", async (_, commandLine, message) => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const written = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  try {
    expect(await main(commandLine)).toBe(2);
    expect([...said.mock.calls, ...written.mock.calls].flat().join("\n")).toContain(message);
  } finally {
    said.mockRestore();
    written.mockRestore();
  }
});
