// GraphEdit: what a pass changes shows at once, names stay unique, and the new graph is in order.
import { describe, expect, test } from "vitest";
import { GraphEdit } from "../../src/engine/graph/edit.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { graphOf, ints, op } from "../support/graphs.ts";

const lines = ({ nodes }: Graph) => nodes.map(({ operator, inputs, outputs }) => `${operator}(${inputs.join(" ")})→${outputs.join(" ")}`);
const chain = () => graphOf({ nodes: [op("Relu", "x", "a"), op("Exp", "a", "b"), op("Add", "a b", "y")] });

describe("GraphEdit", () => {
  test("leaves the graph it starts from alone", () => {
    const graph = chain();
    const edit = new GraphEdit(graph);
    edit.drop("b");
    edit.replace("y", { inputs: ["a", "a"] });
    expect(lines(edit.graph())).toEqual(["Relu(x)→a", "Add(a a)→y"]);
    expect(lines(graph)).toEqual(["Relu(x)→a", "Exp(a)→b", "Add(a b)→y"]);
  });

  test("answers the very graph if nothing was changed, so that nobody infers it anew", () => {
    const graph = chain();
    const edit = new GraphEdit(graph);
    edit.replaceUses("y", "a");
    edit.drop("no such node");
    expect(edit.graph()).toBe(graph);
    edit.drop("y");
    expect(edit.graph()).not.toBe(graph);
  });

  test("puts a node between a value and all its readers, in order", () => {
    const edit = new GraphEdit(chain());
    const gated = edit.add({ operator: "Mul", inputs: ["a", edit.constant("scale", ints(2))], name: "a/gate" });
    edit.replaceUses("a", gated);
    expect(lines(edit.graph())).toEqual(["Relu(x)→a", "Mul(a scale)→a/gate", "Exp(a/gate)→b", "Add(a/gate b)→y"]);
    expect(edit.graph().initializers.get("scale")).toEqual(ints(2));
  });

  test("gives every node and value a name of its own", () => {
    const edit = new GraphEdit(chain());
    expect(edit.add({ operator: "Neg", inputs: ["x"], name: "a" })).toBe("a_2");
    expect(edit.add({ operator: "Neg", inputs: ["x"] })).toBe("Neg");
    expect(edit.add({ operator: "Neg", inputs: ["x"] })).toBe("Neg_2");
    expect([edit.constant("x", ints(1)), edit.fresh("y"), edit.fresh("y")]).toEqual(["x_2", "y_2", "y_3"]);
  });

  test("takes over the name of an output where a value is computed anew", () => {
    const edit = new GraphEdit(chain());
    edit.replace("y", { outputs: [edit.fresh("y/before")] });
    edit.add({ operator: "Neg", inputs: ["y/before"], name: "negated", outputs: ["y"] });
    expect(lines(edit.graph()).slice(2)).toEqual(["Add(a b)→y/before", "Neg(y/before)→y"]);
  });

  test("says who reads and who makes a value as it is now", () => {
    const edit = new GraphEdit(chain());
    const names = (value: string) => edit.readers(value).map(({ name }) => name);
    expect(names("a")).toEqual(["b", "y"]);
    expect(edit.soleReader("a")).toBeUndefined();
    edit.drop("b");
    expect(edit.soleReader("a")?.name).toBe("y");
    edit.replace("y", { inputs: ["a", "a"] });
    expect(edit.soleReader("a")).toBeUndefined();
    expect([edit.producer("a")?.operator, edit.producer("b"), edit.producer("x")]).toEqual(["Relu", undefined, undefined]);
  });

  test("keeps outputs, and what it is told to keep, from being fused away", () => {
    const edit = new GraphEdit(graphOf({ nodes: [op("Relu", "x", "a"), op("Exp", "a", "b")], outputs: ["a", "b"] }), ["b"]);
    edit.add({ operator: "Neg", inputs: ["b"] });
    expect([edit.soleReader("a"), edit.soleReader("b"), edit.soleReader("x")?.name]).toEqual([undefined, undefined, "a"]);
  });

  test("refuses a cycle", () => {
    const edit = new GraphEdit(chain());
    edit.replaceUses("x", "y");
    expect(() => edit.graph()).toThrow("makes a cycle");
  });
});
