// RNN, GRU and LSTM. What inputs add to the gates is one product for all steps; the steps themselves are one kernel, an operator of Convcam's own.
// https://onnx.ai/onnx/operators/onnx__LSTM.html
import recurrentShader from "../../../shaders/recurrent.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { defineComposed } from "../on-demand/composed.ts";
import { defineOperator, type OperatorContext, type PlacedOperand, type Table } from "../operator.ts";

const kinds = {
  RNN: { gates: 1, functions: ["Tanh"] },
  GRU: { gates: 3, functions: ["Sigmoid", "Tanh"] },
  LSTM: { gates: 4, functions: ["Sigmoid", "Tanh", "Tanh"] },
} as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as readonly Kind[];
/** As recurrent.wgsl numbers them. */
const functions = ["sigmoid", "tanh", "relu"];

/** Products that one invocation adds up one after the other. */
const mostSteps = 2 ** 28;

// WebGPU refuses empty bindings.
const noLengths: Table = { label: "no lengths", data: new Int32Array(1) };

/**
 * The steps. Inputs: gates [steps, batch, directions · gates · hidden], recurrent weights, what the state begins with and the like (see the shader),
 * lengths or none. The output has all h in a row, then the last h and c.
 */
export const recurrence = defineOperator("Recurrence", { since: 1, domain: fusedDomain }, (context) => {
  const gates = floatInput(context, 0);
  const weights = floatInput(context, 1);
  const { attributes } = context;
  const kind = attributes.integer("kind");
  const isReverse = attributes.flag("reverse", false);
  const resetsAfter = attributes.flag("resets_after", false);
  const inputForget = attributes.flag("input_forget", false);
  const limit = attributes.number("limit");
  const chosen = attributes.integers("functions", []);
  const [steps = 0, batch = 0] = gates.shape;
  const [directions = 0, , hidden = 0] = weights.shape;
  const sequences = directions * batch;
  const hasLengths = context.inputs[3] !== undefined;
  return {
    outputs: [{ dtype: gates.dtype, shape: [(steps + 2) * sequences * hidden] }],
    macs: steps * batch * sizeOf(weights.shape),
    kernels: () => [
      {
        name: "recurrent",
        dispatches: ([added, recurrent, initial, lengths], [output]) => [
          {
            shader: recurrentShader,
            constants: { KIND: kind, RESETS_AFTER: resetsAfter ? 1 : 0 },
            params: {
              sequences,
              batch,
              directions,
              steps,
              hidden,
              is_reverse: isReverse ? 1 : 0,
              input_forget: inputForget ? 1 : 0,
              has_lengths: hasLengths ? 1 : 0,
              limit,
              functions: chosen,
            },
            bindings: {
              gates: added as PlacedOperand,
              recurrence: recurrent as PlacedOperand,
              lengths: lengths ?? noLengths,
              initial: initial as PlacedOperand,
              states: { scratchBytes: 4 * Math.max(1, 3 * sequences * hidden) },
              output: output as PlacedOperand,
            },
            workgroups: Math.max(1, sequences),
          },
        ],
      },
    ],
  };
});

/** Every direction must have the same functions, as they have by default. */
function functionsOf(context: OperatorContext, kind: Kind, directions: number): readonly number[] {
  const { attributes } = context;
  const own: readonly string[] = kinds[kind].functions;
  const given = attributes.has("activations") ? attributes.strings("activations") : Array.from({ length: directions }, () => own).flat();
  if (given.length !== own.length * directions) context.invalid(`activations [${given}] are not ${own.length} for each direction`);
  const numbers = given.map((name) => functions.indexOf(String(name).toLowerCase()));
  const differs = numbers.findIndex((number, i) => number < 0 || number !== numbers[i % own.length]);
  if (differs >= 0) context.unsupported(`activations [${given}]. Use Sigmoid, Tanh or Relu, the same in both directions`);
  attributes.ignore("activation_alpha", "activation_beta");
  return [...numbers.slice(0, own.length), 0, 0].slice(0, 3);
}

const recurrentOperator = (kind: Kind) =>
  defineComposed(kind, { since: 7 }, (context) => {
    const [x, weights, recurrent] = [floatInput(context, 0), floatInput(context, 1), floatInput(context, 2)];
    const [bias, lengths, firstH, firstC, peepholes] = [3, 4, 5, 6, 7].map((index) => context.inputs[index]);
    checkSameType(context, 0, 1, 2, 3, 5, 6, 7);
    const { attributes, opset } = context;
    const words = ["forward", "reverse", "bidirectional"] as const;
    const direction = attributes.choice("direction", words, "forward");
    const directions = direction === "bidirectional" ? 2 : 1;
    const isBatchFirst = opset >= 14 && attributes.flag("layout", false);
    const resetsAfter = kind === "GRU" && attributes.flag("linear_before_reset", false);
    const inputForget = kind === "LSTM" && attributes.flag("input_forget", false);
    const limit = attributes.has("clip") ? attributes.number("clip") : 3.4e38;
    const chosen = functionsOf(context, kind, directions);
    const { gates } = kinds[kind];
    if (x.shape.length !== 3) context.invalid(`the input has the shape [${x.shape}], expected 3 axes`);
    const [steps, batch] = (isBatchFirst ? [x.shape[1], x.shape[0]] : x.shape) as [number, number];
    const depth = x.shape[2] as number;
    const hidden = recurrent.shape[2] ?? 0;
    if (attributes.integer("hidden_size", hidden) !== hidden) context.invalid(`hidden_size differs from the weights' ${hidden}`);
    const state = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
    const expected: readonly (readonly [string, typeof bias, readonly number[]])[] = [
      ["W", weights, [directions, gates * hidden, depth]],
      ["R", recurrent, [directions, gates * hidden, hidden]],
      ["B", bias, [directions, 2 * gates * hidden]],
      ["sequence_lens", lengths, [batch]],
      ["initial_h", firstH, state],
      ["initial_c", kind === "LSTM" ? firstC : undefined, state],
      ["P", kind === "LSTM" ? peepholes : undefined, [directions, 3 * hidden]],
    ];
    for (const [name, operand, shape] of expected)
      if (operand && !sameShape(operand.shape, shape)) context.invalid(`${name} has the shape [${operand.shape}], expected [${shape}]`);
    const work = steps * Math.ceil(hidden / 64) * gates * hidden;
    if (work > mostSteps) context.unsupported(`${steps} steps of ${hidden} units. Make them fewer`);
    const { dtype } = x;
    const all = isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
    const count = directions * batch * hidden;
    return {
      outputs: [all, state, state].slice(0, Math.max(1, context.outputCount)).map((shape) => ({ dtype, shape })),
      macs: steps * batch * (sizeOf(weights.shape) + sizeOf(recurrent.shape)),
      write: (writer, [value = "", w = "", r = "", b = "", given = "", h = "", c = "", p = ""]) => {
        const width = directions * gates * hidden;
        const rows = writer.reshape(isBatchFirst ? writer.transpose(value, [1, 0, 2]) : value, [steps * batch, depth]);
        const columns = writer.transpose(writer.reshape(w, [width, depth]), [1, 0]);
        const product = writer.node("MatMul", [rows, columns]);
        const ofInput = b && writer.slice(b, 1, 0, gates * hidden);
        const ofState = b && writer.slice(b, 1, gates * hidden, 2 * gates * hidden);
        // The bias that a reset weighs stays out of the sum.
        const weighed = Array.from({ length: gates * hidden }, (_, i) => (resetsAfter && i >= 2 * hidden ? 0 : 1));
        const mask = writer.floats(dtype, [gates * hidden], weighed);
        const both = b && writer.reshape(writer.add(ofInput, resetsAfter ? writer.multiply(ofState, mask) : ofState), [width]);
        const added = writer.reshape(b ? writer.add(product, both) : product, [steps, batch, width]);
        const flat = (name: string, size: number) =>
          name ? writer.reshape(name, [size]) : writer.constant(Tensor.filled(dtype, [size], 0));
        const ordered = (name: string) => (name && isBatchFirst ? writer.transpose(name, [1, 0, 2]) : name);
        const initial = writer.concat(
          [
            flat(ordered(h), count),
            flat(kind === "LSTM" ? ordered(c) : "", count),
            flat(kind === "LSTM" ? p : "", directions * 3 * hidden),
            flat(resetsAfter && b ? writer.slice(ofState, 1, 2 * hidden, 3 * hidden) : "", directions * hidden),
          ],
          0,
        );
        const inputs = [added, r, initial, ...(given ? [writer.cast(given, "int32")] : [])];
        const settings = {
          kind: names.indexOf(kind),
          reverse: direction === "reverse" ? 1 : 0,
          resets_after: resetsAfter ? 1 : 0,
          input_forget: inputForget ? 1 : 0,
          limit,
          functions: chosen,
        };
        const [result = ""] = writer.nodes("Recurrence", inputs, settings, { domain: fusedDomain });
        const part = (from: number, size: number, shape: readonly number[]) =>
          writer.reshape(writer.slice(result, 0, from, from + size), shape);
        const whole = part(0, steps * count, [steps, directions, batch, hidden]);
        const last = (from: number) => part(from, count, [directions, batch, hidden]);
        const [lastH, lastC] = [last(steps * count), last((steps + 1) * count)];
        if (!isBatchFirst) return [whole, lastH, lastC];
        return [writer.transpose(whole, [2, 0, 1, 3]), writer.transpose(lastH, [1, 0, 2]), writer.transpose(lastC, [1, 0, 2])];
      },
    };
  });

export const recurrentOperators = names.map(recurrentOperator);
