// Activations that exporters write as arithmetic, each a row: what is written, and the operator that computes the same.

import { activations as formulas } from "../../../shaders/activations.ts";
import { fusedDomain, type Node } from "../../graph/graph.ts";
import { sameShape } from "../../shapes.ts";
import { isFloat } from "../../tensor.ts";
import { defineRow } from "../element-wise.ts";
import type { Operator } from "../operator.ts";
import { matchPattern, type Place, parsePattern } from "./pattern.ts";

const sixth = 1 / 6;
/** 0 to 6, of x + 3. */
const clips = ["Clip(Add(x, 3), 0, 6)", "Min(Relu(Add(x, 3)), 6)", "Min(Max(Add(x, 3), 0), 6)", "Max(Min(Add(x, 3), 6), 0)"];
const erfs = ["Erf(Div(x, 1.4142135623730951))", "Erf(Mul(x, 0.7071067811865476))"];
const tanh = "Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.044715)), 0.7978845608028654))";
const gelus = (inner: string) => [
  `Mul(Mul(x, 0.5), Add(${inner}, 1))`,
  `Mul(x, Mul(Add(${inner}, 1), 0.5))`,
  `Mul(Mul(x, Add(${inner}, 1)), 0.5)`,
  `Mul(x, Add(Mul(${inner}, 0.5), 0.5))`,
];

interface Row {
  readonly operator: string;
  readonly written: readonly string[];
  readonly attributes?: Readonly<Record<string, string | number>>;
}

const table: readonly Row[] = [
  { operator: "silu", written: ["Mul(x, Sigmoid(x))"] },
  {
    operator: "HardSigmoid",
    written: clips.flatMap((clip) => [`Div(${clip}, 6)`, `Mul(${clip}, ${sixth})`]),
    attributes: { alpha: sixth, beta: 0.5 },
  },
  {
    operator: "HardSwish",
    written: [
      `Mul(x, HardSigmoid(x, ${sixth}, 0.5))`,
      ...clips.flatMap((clip) => [`Div(Mul(x, ${clip}), 6)`, `Mul(Mul(x, ${clip}), ${sixth})`]),
    ],
  },
  { operator: "Mish", written: ["Mul(x, Tanh(Softplus(x)))", "Mul(x, Tanh(Log(Add(Exp(x), 1))))"] },
  { operator: "Gelu", written: erfs.flatMap(gelus) },
  { operator: "Gelu", written: gelus(tanh), attributes: { approximate: "tanh" } },
];

const patterns = table.flatMap((row) => row.written.map((text) => ({ ...row, pattern: parsePattern(text) })));

/** Puts one node in the place of all that an activation is written as. @returns whether the node ends one */
export function fuseActivation(place: Place, node: Node): boolean {
  const { edit, graph } = place;
  for (const { operator, pattern, attributes = {} } of patterns) {
    const match = matchPattern(place, pattern, node);
    const [x = "", y = ""] = [match?.values.get("x"), node.outputs[0]];
    const [before, after] = [graph.types.get(x), graph.types.get(y)];
    // Constants with more axes than x would make the result larger.
    if (!match || !before || !after || !isFloat(before.dtype) || !sameShape(before.shape, after.shape)) continue;
    for (const { name } of match.nodes) if (name !== node.name) edit.drop(name);
    edit.replace(node.name, { operator, domain: fusedDomain, inputs: [x], attributes: new Map(Object.entries(attributes)) });
    return true;
  }
  return false;
}

const own = (name: string, kind: "hardSigmoid" | "hardSwish" | "silu"): Operator => {
  const { wgsl, js, ...row } = { scalars: {}, ...formulas[kind] };
  const operator = defineRow(name, { wgsl, js: (a, alpha = 0, beta = 0) => js(a, alpha, beta), scalars: row.scalars });
  return { ...operator, domain: fusedDomain, since: 1 };
};

/** For files of any opset. Where they follow a convolution they become part of it. */
export const activations = [own("silu", "silu"), own("HardSigmoid", "hardSigmoid"), own("HardSwish", "hardSwish")];
