// What the command line names of a model is checked before a GPU is opened.
import { describe, expect, test } from "vitest";
import { checkClasses } from "../../src/cli/check-names.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

describe("a class", () => {
  const scores = op("MatMul", "x w", "scores");
  const network = (batch: number, outputs: readonly string[]) =>
    graphOf({
      inputs: { x: [batch, 8] },
      constants: { w: noise([8, 10]) },
      nodes: [scores, op("ArgMax", "scores", "label", { axis: 1, keepdims: 0 })],
      outputs,
    });

  test("is one of the scores, wherever they stand among the outputs", async () => {
    await expect(checkClasses(network(1, ["label", "scores"]), {}, [["--class", 5]])).resolves.toBeUndefined();
    await expect(checkClasses(network(1, ["label", "scores"]), {}, [["--class", 10]])).rejects.toThrow(
      "--class 10: the model has 10 scores, so expected 0 to 9.",
    );
  });

  test("is none of another picture's in the batch", async () => {
    await expect(checkClasses(network(2, ["scores"]), {}, [["--against", 15]])).rejects.toThrow("--against 15: the model has 10 scores");
  });

  test("needs an output of floats", async () => {
    await expect(checkClasses(network(1, ["label"]), {}, [["--class", 0]])).rejects.toThrow("no output of the model holds floats");
  });
});
