// Quantises a network of floats, as ONNX Runtime's quantize_static writes it: QuantizeLinear and DequantizeLinear around what computes, weights in
// int8 with a scale for each output channel, biases in int32. Ranges are those of one example.
import { fusedDomain, type Graph, type Node } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { runReference } from "./onnxruntime.ts";

/** "operators": a QLinearConv in place of a Conv with its neighbours. */
export type QuantisedForm = "pairs" | "operators";

interface Steps {
  readonly scale: number;
  readonly zeroPoint: number;
}

const quantisedOperators = new Set(["Conv", "Gemm", "MatMul", "Add", "MaxPool", "GlobalAveragePool"]);

/** @param example inputs that tell the range of each value */
export async function quantise(graph: Graph, example: Readonly<Record<string, Tensor>>, form: QuantisedForm = "pairs"): Promise<Graph> {
  const initializers = new Map(graph.initializers);
  const nodes: Node[] = [];
  const add = (operator: string, inputs: readonly string[], output: string, attributes: Node["attributes"] = new Map()) => {
    nodes.push({ name: `${output}/node`, operator, domain: "", inputs, outputs: [output], attributes });
    return output;
  };
  const keep = (name: string, tensor: Tensor) => {
    initializers.set(name, tensor);
    return name;
  };
  const isKnown = (name: string) => graph.initializers.has(name);
  const values = new Set(
    graph.nodes
      .filter(({ operator }) => quantisedOperators.has(operator))
      .flatMap(({ inputs }) => inputs.filter((name) => name && !isKnown(name))),
  );
  const isQuantised = new Set([...values, ...graph.outputs]);
  const computed = [...isQuantised].filter((name) => !(name in example));
  const seen = new Map([...Object.entries(example), ...(await runReference(graph, example, computed))]);
  const stepsOf = new Map([...isQuantised].map((name) => [name, stepsFor(seen.get(name) as Tensor)]));

  /** The value as numbers that are whole steps. */
  const pair = (name: string, value: string): string => {
    const { scale, zeroPoint } = stepsOf.get(name) as Steps;
    const operands = [
      keep(`${name}/scale`, Tensor.from("float32", [], [scale])),
      keep(`${name}/zero`, Tensor.from("uint8", [], [zeroPoint])),
    ];
    const steps = add("QuantizeLinear", [value, ...operands], `${name}/steps`);
    return add("DequantizeLinear", [steps, ...operands], `${name}/numbers`);
  };
  const numbers = new Map<string, string>();
  for (const { name } of graph.inputs) if (isQuantised.has(name)) numbers.set(name, pair(name, name));

  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => numbers.get(name) ?? name);
    const weight = initializers.get(node.inputs[1] ?? "");
    const scaleOfInput = stepsOf.get(node.inputs[0] ?? "")?.scale;
    if (weight && scaleOfInput !== undefined && node.operator !== "Add") {
      const axis = node.operator === "Conv" || Number(node.attributes.get("transB") ?? 0) === 1 ? 0 : 1;
      const { steps, scales } = weightSteps(weight, axis);
      const at = new Map([["axis", axis]]);
      const own = `${node.name}/weight`;
      const operands = [
        keep(`${own}/steps`, steps),
        keep(`${own}/scale`, Tensor.float32([scales.length], scales)),
        keep(`${own}/zero`, Tensor.filled("int8", [scales.length], 0)),
      ];
      inputs[1] = add("DequantizeLinear", operands, own, at);
      const bias = initializers.get(node.inputs[2] ?? "");
      if (bias) {
        const biasScales = scales.map((scale) => scale * scaleOfInput);
        const rounded = Array.from(bias.toFloat32(), (value, i) => Math.round(value / (biasScales[i] as number)));
        const counts = keep(`${node.name}/bias/steps`, Tensor.from("int32", [rounded.length], rounded));
        const scale = keep(`${node.name}/bias/scale`, Tensor.float32([rounded.length], biasScales));
        inputs[2] = add("DequantizeLinear", [counts, scale], `${node.name}/bias`, new Map([["axis", 0]]));
      }
    }
    nodes.push({ ...node, inputs });
    for (const output of node.outputs) if (isQuantised.has(output)) numbers.set(output, pair(output, output));
  }
  const whole = { ...graph, initializers, nodes, outputs: graph.outputs.map((name) => numbers.get(name) ?? name) };
  return form === "pairs" ? whole : withOperators(whole);
}

/** Steps of uint8 over the range of some numbers, 0 among them. */
function stepsFor(tensor: Tensor): Steps {
  const data = tensor.toFloat32();
  const [least, most] = [data.reduce((a, b) => Math.min(a, b), 0), data.reduce((a, b) => Math.max(a, b), 0)];
  const scale = Math.fround((most - least) / 255 || 1);
  return { scale, zeroPoint: Math.round(-least / scale) };
}

/** Steps of int8, one scale for each index of an axis. Half of the range: ONNX Runtime adds pairs of products in 16 bits where the CPU has no better. */
function weightSteps(weight: Tensor, axis: number): { steps: Tensor; scales: Float32Array<ArrayBuffer> } {
  const data = weight.toFloat32();
  const inner = weight.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = weight.shape[axis] as number;
  const channel = (i: number) => Math.floor(i / inner) % count;
  const scales = new Float32Array(count);
  for (const [i, value] of data.entries()) scales[channel(i)] = Math.max(scales[channel(i)] as number, Math.abs(value) / 63);
  const steps = Array.from(data, (value, i) => Math.round(value / (scales[channel(i)] || 1)));
  return { steps: Tensor.from("int8", weight.shape, steps), scales: scales.map((scale) => scale || 1) };
}

/** Each convolution whose result is rounded at once as a QLinearConv. */
function withOperators(graph: Graph): Graph {
  const producer = (name: string) => graph.nodes.find(({ outputs }) => outputs.includes(name));
  const dropped = new Set<Node>();
  const nodes = graph.nodes.map((node): Node => {
    const conv = node.operator === "QuantizeLinear" ? producer(node.inputs[0] ?? "") : undefined;
    const [x, w, bias] = (conv?.inputs ?? []).map(producer);
    if (conv?.operator !== "Conv" || conv.domain === fusedDomain || !x || !w) return node;
    for (const gone of [conv, w, bias]) if (gone) dropped.add(gone);
    const inputs = [...x.inputs, ...w.inputs, ...node.inputs.slice(1), ...(bias ? [bias.inputs[0] as string] : [])];
    return { ...conv, operator: "QLinearConv", inputs, outputs: node.outputs };
  });
  return { ...graph, nodes: nodes.filter((node) => !dropped.has(node)) };
}
