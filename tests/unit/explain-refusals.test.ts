// What is said of explanations that there are not, in words that fit a page.
import { expect, test } from "vitest";
import type { TypedGraph } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { asSentence } from "../../src/ui/as-sentence.ts";
import { oneNumber, scoresOf } from "../../src/ui/explain/one-number.ts";
import { checkAsked } from "../../src/ui/explain/refusals.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

const constants = { w: noise([4, 3, 3, 3]), v: noise([4, 4, 3, 3]), m: noise([4, 10]) };
const convolutions = [op("Conv", "x w", "c"), op("Conv", "c v", "maps")];
const typed = (...more: ReturnType<typeof op>[]): TypedGraph =>
  inferGraph(graphOf({ constants, nodes: [...convolutions, ...more] }), everything).graph;
const classifier = typed(op("GlobalAveragePool", "maps", "mean"), op("Flatten", "mean", "flat"), op("MatMul", "flat m", "y"));
const segmentation = typed(op("Relu", "maps", "y"));

const classes = { graph: classifier, classScores: "y" } as const;

test.each([
  [
    "a method of one layer, by all of them",
    { method: "smoothgrad", layer: "all" },
    classes,
    "SmoothGrad is of one layer at a time. Choose",
  ],
  [
    "a map that takes several runs, by all layers",
    { method: "ablation-cam", layer: "all" },
    classes,
    "Ablation-CAM is of one layer at a time.",
  ],
  [
    "the top class of a network without classes",
    { method: "grad-cam" },
    { graph: segmentation, classScores: undefined },
    "This network gives no scores of classes, which are what is explained. It answers with 1 × 4 × 4 × 4 numbers",
  ],
  [
    "a class of a network without classes",
    { method: "grad-cam", class: 0 },
    { graph: segmentation, classScores: undefined },
    "This network gives no scores of classes",
  ],
  [
    "the top class of numbers that may be anything",
    { method: "grad-cam" },
    { graph: classifier, classScores: undefined },
    "This network answers with 1 × 10 numbers that are not known to be scores of classes",
  ],
  [
    "classes in another output",
    { method: "grad-cam" },
    { graph: segmentation, classScores: "other" },
    "has 1 × 4 × 4 × 4 numbers; its classes are in 'other'",
  ],
] as const)("%s is refused with what there is instead", (_, asked, facts, message) =>
  expect(() => checkAsked(asked, facts)).toThrow(message),
);

test("an answer that is computed in a later stage is refused as such, whatever is read back before it", () => {
  const inner = typed(op("GlobalAveragePool", "maps", "y"));
  const outputs = [{ name: "prob" }];
  expect(() => oneNumber({ graph: inner, outputs })).toThrow(
    "This network runs in stages, and its answer 'prob' is computed in a later one",
  );
  expect(oneNumber({ graph: classifier, outputs: [{ name: "count" }, { name: "y" }] })).toBeUndefined();
});

test("an answer that is one number is called by its name", () => {
  const graph = inferGraph(
    graphOf({
      constants: { ...constants, one: noise([4, 1]) },
      nodes: [
        ...convolutions,
        op("GlobalAveragePool", "maps", "mean"),
        op("Flatten", "mean", "flat"),
        op("MatMul", "flat one", "steering"),
      ],
      outputs: ["steering"],
    }),
    everything,
  ).graph;
  expect(oneNumber({ graph, outputs: [{ name: "steering" }] })).toBe("steering");
  expect(scoresOf({ graph, outputs: [{ name: "steering" }] })).toEqual({ count: 1, number: "steering" });
});

test.each([
  ["all layers by a method of one run", { method: "layer-cam", layer: "all" }, classes],
  ["one layer by several runs", { method: "occlusion", layer: "c" }, classes],
  ["a number of those that may be anything", { method: "grad-cam", class: 3 }, { graph: classifier, classScores: undefined }],
] as const)("%s is left to the engine", (_, asked, facts) => expect(() => checkAsked(asked, facts)).not.toThrow());

test.each([
  ["class 12: the model has 10 scores", "Class 12: the model has 10 scores"],
  ["no value or layer is called 'f'", "No value or layer is called 'f'"],
  ["size: the scores take no picture", "Size: the scores take no picture"],
  ["explain 'magic': expected gradient", "explain 'magic': expected gradient"],
  ["explain-class 'dog': no class is called so.", "explain-class 'dog': no class is called so."],
  ["'f' has no rows and columns", "'f' has no rows and columns"],
  ["CAM is of a layer", "CAM is of a layer"],
])("the message %s begins as a sentence, but for names", (message, sentence) => expect(asSentence(message)).toBe(sentence));
