// A network described in lines: what it becomes, and what is said of a line that is wrong.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { countParameters } from "../../models/builder.ts";
import { buildDescribed, firstDescription } from "../../models/described.ts";
import { buildGraph } from "../../models/index.ts";
import { main } from "../../src/cli/main.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { runReference } from "../support/onnxruntime.ts";

const build = (text: string) => buildDescribed(text, { seed: 1 });

test("the digits' network, in lines, is the one that the builder makes", () => {
  const described = build(`
    input_layer: input 1x28x28   # white on black
    conv_1: conv 32 3 relu
    pool_1: pool 2
    conv_2: conv 64 3 relu
    pool_2: pool 2
    dropout_1: dropout 0.25
    flate_1: flatten
    dense_1: dense 128 relu
    dropout_2: dropout 0.5
    output_layer: dense 10 softmax
  `);
  const built = buildGraph("mnist", { seed: 1 });
  expect(described.nodes).toEqual(built.nodes);
  expect([...described.initializers].map(([name, { bytes }]) => [name, bytes])).toEqual(
    [...built.initializers].map(([name, { bytes }]) => [name, bytes]),
  );
  expect([described.inputs, described.outputs]).toEqual([built.inputs, built.outputs]);
});

test("the first one that is offered is small, and classes come out of it", () => {
  const graph = build(firstDescription([1, 28, 28], 10));
  expect(countParameters(graph)).toBeLessThan(100_000);
  expect(graph.types.get(graph.outputs[0] as string)?.shape).toEqual([1, 10]);
});

test("residual blocks, depthwise convolutions, groups and branches run in ONNX Runtime as their shapes say", async () => {
  const graph = build(`
    input 3 16 16
    early: conv 8 3 same norm relu
    conv 8 3 same depthwise norm
    conv 8 1
    add early
    relu
    left: conv 4 3 pad 1 stride 2 groups 2 tanh
    from early
    pool 2 mean
    concat left
    norm
    mean
    dense 5 softmax
  `);
  const read = await importModel(encodeModel(graph));
  const picture = Tensor.float32(
    [1, 3, 16, 16],
    Float32Array.from({ length: 768 }, (_, i) => Math.sin(i)),
  );
  const scores = (await runReference(read, { input: picture })).get(graph.outputs[0] as string)?.toNumbers() ?? [];
  expect(scores).toHaveLength(5);
  expect(scores.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 5);
});

describe("a line that is wrong is named, with what is accepted", () => {
  const begin = "input 1 28 28\n";
  test.each([
    ["conv 8 3", "line 1, “conv 8 3”: the first line says the input"],
    ["", "a network has an input and at least one layer"],
    [begin, "a network has an input and at least one layer"],
    [`${begin}\nconvolution 8 3`, "line 3, “convolution 8 3”: there is no layer “convolution”. There are input, conv, pool"],
    [`${begin}conv 8`, "line 2, “conv 8”: expected “conv filters kernel”."],
    [`${begin}conv 8 3 5`, "expected “conv filters kernel”."],
    [`${begin}conv 8 3 gelu`, "“gelu” is unknown here. Accepted: stride 2, pad 2, groups 2, same, valid, norm, depthwise, relu"],
    [`${begin}conv 8 3 strides 2`, "“strides” is unknown here."],
    [`${begin}conv 8 3 relu 2`, "expected “conv filters kernel”."],
    [`${begin}conv 8 3 relu tanh`, "“relu” and “tanh” contradict each other"],
    [`${begin}conv 8 3 same pad 4`, "contradict each other"],
    [`${begin}conv 8 3 depthwise groups 2`, "contradict each other"],
    [`${begin}conv 8 3 stride 2 stride 1`, "“stride” is said twice."],
    [`${begin}conv 8 3\nfrom input relu`, "expected “from” and one name of a layer"],
    [`${begin}1: conv 8 3`, "“1” is no name"],
    [`${begin}constant_0.25: conv 8 3\ndropout 0.25`, "the name 'constant_0.25' is taken"],
    [`${begin}conv 8 3 pad 65536`, "up to 16,777,216 numbers are computed."],
    [
      `input 1 1 1\n${Array.from({ length: 28 }, (_, i) => `concat ${i > 0 ? `concat_${i}` : "input"}`).join("\n")}`,
      "numbers are computed.",
    ],
    [`${begin}# ${"a".repeat(20_000)}`, "in up to 20,000 characters"],
    [`${begin}conv 8 3 stride 0`, "a stride of 0 goes nowhere."],
    [`${begin}pool 3 pad 3`, "a pad of 3 is too large: a window of 3 would lie on nothing but borders."],
    [`${begin}conv 8.5 3`, "8.5 is not a whole number"],
    [`${begin}conv 0 3`, "0 is too small."],
    [`${begin}conv -8 3`, "-8 is not a whole number"],
    [`${begin}conv 8 3 groups 2`, "1 channels and 8 filters do not divide into 2 groups."],
    [`${begin}conv 8 31`, "a window reaching 31 does not fit 28 elements"],
    [`${begin}dropout 1`, "1 is not a share from 0 to less than 1."],
    [`${begin}dense 10\npool 2`, "line 3, “pool 2”: it works on maps, and the layer before has 10 numbers."],
    [`${begin}conv 8 3\nadd late`, "no line before is called “late”. There are input, conv_1."],
    [`${begin}a: conv 8 3\nb: conv 9 3 same\nadd a`, "“a” has 8 × 26 × 26, and the layer before has 9 × 26 × 26."],
    [`${begin}add`, "expected “add” and the name of a layer"],
    [`${begin}a: conv 8 3\na: conv 8 3`, "there is a layer “a” already."],
    [`${begin}b: input 1 28 28`, "there is an input already."],
    [`${begin}flatten 3`, "expected “flatten” without numbers."],
    [`${begin}flatten relu`, "“relu” is unknown here. Nothing follows."],
    [`${begin}dense 30000`, "weights up to here; up to 20,000,000 are built."],
    ["input 1 65536 65536", "up to 16,777,216 numbers go in."],
  ])("%j", (text, message) => {
    expect(() => build(text)).toThrow(message);
  });
});

test("the command builds a network from a text file, and says which line is wrong", async () => {
  const folder = await mkdtemp(join(tmpdir(), "convcam-lines-"));
  const [text, out] = [join(folder, "net.txt"), join(folder, "net.onnx")];
  const told = [vi.spyOn(console, "log"), vi.spyOn(console, "error")].map((spy) => spy.mockImplementation(() => undefined));
  try {
    await writeFile(text, firstDescription([1, 28, 28], 10));
    expect(await main(["build", text, "--out", out, "--seed", "1"])).toBe(0);
    expect([...(await importModel(await readFile(out))).initializers.keys()]).toContain("conv_1/convolution/kernel");
    await writeFile(text, "input 1 28 28\nconv 8");
    expect(await main(["build", text, "--out", out])).toBe(1);
    expect(told[1]?.mock.calls.flat().join()).toContain("line 2, “conv 8”");
  } finally {
    for (const spy of told) spy.mockRestore();
    await rm(folder, { recursive: true });
  }
});

test("what stands in Object.prototype is no layer", () => {
  expect(() => build("input 1 8 8\nconstructor 3")).toThrow("there is no layer “constructor”");
});
