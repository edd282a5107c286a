// If, Loop and Scan among values that must be read: within each other, behind NonZero, with NonZero within. Held to ONNX Runtime.
import { describe, expect, test } from "vitest";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { inspectModel } from "../../src/engine/inspect.ts";
import { loadModel } from "../../src/engine/model.ts";
import type { ModelSummary } from "../../src/engine/summary.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { body, graphOf, ints, noise, op } from "../support/graphs.ts";
import { expectReference } from "../support/onnxruntime.ts";
import { withDevice } from "../support/with-device.ts";

const [float, int] = [(value: number) => Tensor.from("float32", [], [value]), (value: number) => Tensor.int64([], [value])];
const shape = [2, 3];
/** Two with numbers above and below 0, one with none below, one with none above. */
const pictures = [noise(shape), noise(shape, 9), Tensor.filled("float32", shape, 1.5), Tensor.filled("float32", shape, -1.5)];

function graph(outputs: string, nodes: readonly Node[]): Graph {
  return graphOf({
    inputs: { x: shape },
    constants: {
      ...{ zero: float(0), two: float(2), hundred: float(100), half: float(0.5), axis: ints(0), row: ints(-1), mask: ints(1, 0, 1) },
      ...{ none: int(0), one: int(1), three: int(3), four: int(4), yes: Tensor.from("bool", [], [1]) },
    },
    nodes,
    outputs: outputs.split(" "),
  });
}

const sum = (of: string, to: string) => op("ReduceSum", of, to, { keepdims: 0 });
const keep = (condition: string, next: string) => op("Identity", condition, next);
const either = (output: string, condition: string, then: Node, other: Node) => {
  const branch = (node: Node) => body("", node.outputs[0] as string, [node]);
  return op("If", condition, output, { then_branch: branch(then), else_branch: branch(other) });
};
/** The name of a state goes through the loop as `from`, and comes out as `to`. */
const grows = (from: string, to: string) => [op("Abs", from, `${from}_abs`), op("Add", `${from}_abs two`, to)];
/** The state s becomes t: by the node that is given where its sum is above 0, else twice itself. */
const changes = (byAbove: Node) => [
  sum("s", "total"),
  op("Greater", "total zero", "above"),
  either("t", "above", byAbove, op("Mul", "s two", "twice")),
];
const found = [op("Greater", "x zero", "positive"), op("NonZero", "positive", "places"), op("Cast", "places", "numbers", { to: 1 })];
const sized = [...found, op("Shape", "places", "size", { start: 1 }), op("Squeeze", "size axis", "count")];

const graphs: Readonly<Record<string, Graph>> = {
  "a Loop of 4 with an If": graph("y sums", [
    op("Loop", "four yes x", "y sums", {
      body: body("i c s", "d t total", [...changes(op("Add", "s x", "more")), keep("c", "d")]),
    }),
  ]),
  "a Loop of 3 with an If whose branches have other shapes": graph("y sums", [
    op("Loop", "three yes x", "y sums", {
      body: body("i c s", "d t total", [...changes(op("Concat", "s x", "more", { axis: 0 })), keep("c", "d")]),
    }),
  ]),
  "a Loop of at most 4 that ends where its condition is false": graph("y sums", [
    op("Loop", "four yes x", "y sums", {
      body: body("i c s", "d t total", [op("Add", "s x", "t"), sum("t", "total"), op("Less", "total half", "d")]),
    }),
  ]),
  "a Loop without a condition before, which an If ends": graph("y sums", [
    op("Loop", "four _ x", "y sums", {
      body: body("i c s", "d t total", [
        op("Mul", "s two", "t"),
        sum("t", "total"),
        op("Greater", "total hundred", "above"),
        either("d", "above", op("Less", "total zero", "never"), op("Identity", "c", "same")),
      ]),
    }),
  ]),
  "a Loop with a condition computed before": graph("y", [
    sum("x", "before"),
    op("Greater", "before zero", "go"),
    op("Loop", "four go x", "y", { body: body("i c s", "d t", [op("Add", "s x", "t"), keep("c", "d")]) }),
  ]),
  "a Loop of 3 with NonZero": graph("y counts", [
    op("Loop", "three yes x", "y counts", {
      body: body("i c s", "d t count", [
        op("NonZero", "s", "places"),
        op("Shape", "places", "count"),
        op("Sub", "s half", "less"),
        op("Relu", "less", "t"),
        keep("c", "d"),
      ]),
    }),
  ]),
  "a Loop of 3 whose state is chosen by Compress": graph("y", [
    op("Loop", "three yes x", "y", {
      body: body("i c s", "d t", [
        op("Cast", "mask", "flags", { to: 9 }),
        op("Compress", "s flags", "kept", { axis: 1 }),
        op("Concat", "kept kept", "t", { axis: 1 }),
        keep("c", "d"),
      ]),
    }),
  ]),
  "a Loop of 3 whose body reads what NonZero has found": graph("y sums", [
    ...found,
    op("Loop", "three yes x", "y sums", {
      body: body("i c s", "d t total", [sum("numbers", "total"), op("Add", "s total", "t"), keep("c", "d")]),
    }),
  ]),
  "a Loop as often as NonZero has found something, or never": graph("y turns", [
    ...sized,
    op("Loop", "count yes x", "y turns", {
      body: body("i c s", "d t turn", [op("Cast", "i", "turn", { to: 1 }), op("Add", "s turn", "t"), keep("c", "d")]),
    }),
  ]),
  "a Loop of 3 whose state is what NonZero has found": graph("y sums", [
    ...found,
    op("Loop", "three yes numbers", "y sums", {
      body: body("i c s", "d t total", [op("Add", "s two", "t"), sum("t", "total"), keep("c", "d")]),
    }),
  ]),
  "a Loop with an If, NonZero of what it gives, and a Loop over that": graph("y z", [
    op("Loop", "three yes x", "y", {
      body: body("i c s", "d t", [...changes(op("Concat", "s x", "more", { axis: 0 })), keep("c", "d")]),
    }),
    op("NonZero", "y", "places"),
    op("Loop", "three yes places", "z", { body: body("j e u", "f v", [op("Add", "u one", "v"), keep("e", "f")]) }),
  ]),
  "a Loop that ends by what it computes, in a Loop of 3": graph("y sums", [
    op("Loop", "three yes x", "y sums", {
      body: body("i c s", "d t total", [
        op("Loop", "four yes s", "t", {
          body: body("j e u", "f v", [op("Add", "u x", "v"), sum("v", "inner"), op("Less", "inner hundred", "f")]),
        }),
        sum("t", "total"),
        keep("c", "d"),
      ]),
    }),
  ]),
  "a Loop as often as the Loop around it has gone": graph("y sums", [
    op("Loop", "three yes x", "y sums", {
      body: body("i c s", "d t total", [
        op("Loop", "i yes s", "t", { body: body("j e u", "f v", [op("Add", "u x", "v"), keep("e", "f")]) }),
        sum("t", "total"),
        keep("c", "d"),
      ]),
    }),
  ]),
  "a Loop in a Loop, both of which end by what they compute": graph("y sums", [
    op("Loop", "_ yes x", "y sums", {
      body: body("i c s", "d t total", [
        op("Loop", "_ yes s", "grown", {
          body: body("j e u", "f v", [...grows("u", "v"), sum("v", "inner"), op("Less", "inner hundred", "f")]),
        }),
        sum("grown", "total"),
        op("Sub", "grown two", "t"),
        op("Less", "i one", "d"),
      ]),
    }),
  ]),
  "two Loops that end by what they compute, one after the other": graph("y", [
    op("Loop", "_ yes x", "large", {
      body: body("i c s", "d t", [...grows("s", "t"), sum("t", "total"), op("Less", "total hundred", "d")]),
    }),
    op("Loop", "_ yes large", "y", {
      body: body("j e u", "f v", [op("Mul", "u half", "v"), sum("v", "rest"), op("Greater", "rest two", "f")]),
    }),
  ]),
  "an If in an If, with three shapes": graph("y", [
    sum("x", "total"),
    op("Greater", "total zero", "above"),
    op("Greater", "total half", "more"),
    either(
      "y",
      "above",
      either("inner", "more", op("Concat", "x x", "both", { axis: 0 }), op("Abs", "x", "abs")),
      op("Reshape", "x row", "flat"),
    ),
  ]),
  "an If in an If, with one shape": graph("y", [
    sum("x", "total"),
    op("Greater", "total zero", "above"),
    op("Greater", "total half", "more"),
    either("y", "above", either("inner", "more", op("Add", "x x", "both"), op("Abs", "x", "abs")), op("Neg", "x", "minus")),
  ]),
  "a Loop that ends by what it computes, in an If": graph("y", [
    sum("x", "before"),
    op("Greater", "before zero", "above"),
    either(
      "y",
      "above",
      op("Loop", "_ yes x", "looped", {
        body: body("i c s", "d t", [op("Add", "s x", "t"), sum("t", "total"), op("Less", "total two", "d")]),
      }),
      op("Neg", "x", "minus"),
    ),
  ]),
  "NonZero in one branch of an If": graph("y", [
    sum("x", "total"),
    op("Greater", "total zero", "above"),
    either("y", "above", op("NonZero", "x", "places"), op("Constant", "", "nothing", { value: Tensor.int64([2, 0], []) })),
  ]),
  "a Scan with an If": graph("y rows", [
    op("Scan", "zero x", "y rows", {
      num_scan_inputs: 1,
      body: body("s row", "t out", [
        sum("row", "total"),
        op("Greater", "total zero", "above"),
        either("t", "above", op("Add", "s total", "more"), op("Sub", "s two", "less")),
        op("Add", "row t", "out"),
      ]),
    }),
  ]),
  "a Scan whose state counts what NonZero finds, with its results last to first along the last axis": graph("y columns", [
    op("Scan", "none x", "y columns", {
      num_scan_inputs: 1,
      scan_output_axes: [-1],
      scan_output_directions: [1],
      body: body("s row", "t out", [
        op("Greater", "row zero", "above"),
        op("NonZero", "above", "places"),
        op("Size", "places", "count"),
        op("Add", "s count", "t"),
        op("Cast", "count", "number", { to: 1 }),
        op("Add", "row number", "out"),
      ]),
    }),
  ]),
  "a Scan with a Loop that ends by what it computes": graph("y rows", [
    op("Scan", "zero x", "y rows", {
      num_scan_inputs: 1,
      body: body(
        "s row",
        "t out",
        [
          op("Loop", "_ yes row", "out", {
            body: body("i c u", "d v", [...grows("u", "v"), sum("v", "inner"), op("Less", "inner hundred", "d")]),
          }),
          sum("out", "total"),
          op("Add", "s total", "t"),
        ],
        [
          { dtype: "float32", shape: [] },
          { dtype: "float32", shape: [3] },
        ],
      ),
    }),
  ]),
};

const layersOf = ({ layers }: ModelSummary) => layers.map(({ name, outputs, shape, readsBack }) => ({ name, outputs, shape, readsBack }));

describe("held to ONNX Runtime", () => {
  test.each(Object.entries(graphs))("%s", (_, one) =>
    withDevice(async (device) => {
      const model = await loadModel(device, one);
      for (const x of pictures) await expectReference(model, one, { x }, 3);
      // Who inspects it is told of the layers that it runs with, not of those within what is left for later.
      expect(layersOf((await inspectModel(one)).summary)).toEqual(layersOf(model.summary()));
      model.dispose();
      expect(device.allocatedBytes).toBe(0);
    }),
  );
});

test("a Scan of what NonZero has found", () =>
  withDevice(async (device) => {
    const one = graph("y rows", [
      ...found,
      op("Transpose", "places", "pairs"),
      op("Scan", "one pairs", "y rows", {
        num_scan_inputs: 1,
        body: body("s pair", "t out", [sum("pair", "total"), op("Add", "s total", "t"), op("Add", "pair t", "out")]),
      }),
    ]);
    const model = await loadModel(device, one);
    const [x, other, positive, negative] = pictures as [Tensor, Tensor, Tensor, Tensor];
    for (const picture of [x, other, positive]) await expectReference(model, one, { x: picture });
    // ONNX Runtime refuses an empty list, and so do we where the file says no shape.
    await expect(model.predict({ x: negative })).rejects.toThrow("it has no iterations, and its file does not say which shape 'rows' has");
    await expectReference(model, one, { x });
    model.dispose();
  }));

// ONNX Runtime answers [0] here: without types in the file it takes each element for a number.
test.each([
  [
    "a Loop of 0",
    graph("y parts", [
      op("Loop", "none yes x", "y parts", {
        body: body("i c s", "d t part", [op("Add", "s x", "t"), op("Abs", "t", "part"), keep("c", "d")]),
      }),
    ]),
  ],
  [
    "a Loop whose condition is false before",
    graph("y parts", [
      sum("x", "before"),
      op("Greater", "before hundred", "go"),
      op("Loop", "_ go x", "y parts", {
        body: body("i c s", "d t part", [op("Add", "s x", "t"), op("Abs", "t", "part"), sum("t", "total"), op("Less", "total two", "d")]),
      }),
    ]),
  ],
])("%s gives no elements, of the shape that its body would give", (_, one) =>
  withDevice(async (device) => {
    const model = await loadModel(device, one);
    const [x] = pictures as [Tensor];
    const { y, parts } = await model.predict({ x });
    expect(y).toEqual(x);
    expect([parts?.dtype, parts?.shape]).toEqual(["float32", [0, 2, 3]]);
    model.dispose();
  }),
);

test("an operator that nobody knows is refused at load, however deep it is in what waits for values", () =>
  withDevice(async (device) => {
    const deep = either("inner", "above", op("Frobnicate", "x", "odd"), op("Reshape", "x row", "flat"));
    const one = graph("y", [
      sum("x", "total"),
      op("Greater", "total zero", "above"),
      either("y", "above", deep, op("Concat", "x x", "both", { axis: 0 })),
    ]);
    await expect(loadModel(device, one)).rejects.toThrow("Frobnicate 'odd': the operator is not supported.");
  }));

test("a branch that cannot be planned is refused where it is taken, and not where it is not", () =>
  withDevice(async (device) => {
    const one = graph("y", [
      sum("x", "total"),
      op("Greater", "total zero", "above"),
      either("y", "above", op("Squeeze", "x axis", "squeezed"), op("Neg", "x", "minus")),
    ]);
    const model = await loadModel(device, one);
    const [, , positive, negative] = pictures as [Tensor, Tensor, Tensor, Tensor];
    for (let i = 0; i < 2; i++) {
      // ONNX Runtime refuses the file.
      expect((await model.predict({ x: negative }))["y"]).toEqual(positive);
      await expect(model.predict({ x: positive })).rejects.toThrow("Squeeze 'squeezed'");
    }
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));
