// RNN, GRU and LSTM, step by step. https://onnx.ai/onnx/operators/onnx__LSTM.html
import { type NdArray, ndArray, transpose } from "../array.ts";
import type { Call, Evaluate, Operators } from "../operator.ts";

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const functions: Readonly<Record<string, (x: number) => number>> = {
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  relu: (x) => Math.max(0, x),
};

interface Step {
  readonly x: readonly number[];
  readonly h: Float64Array;
  readonly c: Float64Array;
  /** W x + biases of input, R h + biases of state, of a gate. */
  readonly gate: (gate: number, h: Float64Array) => readonly [Float64Array, Float64Array];
  readonly f: readonly ((x: number) => number)[];
  readonly peepholes: (gate: number) => Float64Array;
}

type Cell = (step: Step, call: Call) => readonly [h: Float64Array, c: Float64Array];

const add = (...lists: readonly Float64Array[]) => (lists[0] as Float64Array).map((_, i) => total(lists.map((list) => list[i] as number)));
const multiply = (a: Float64Array, b: Float64Array) => a.map((x, i) => x * (b[i] as number));
type Function1 = (x: number) => number;

const cells: Readonly<Record<string, { gates: number; functions: readonly string[]; cell: Cell }>> = {
  RNN: { gates: 1, functions: ["Tanh"], cell: ({ h, c, gate, f: [f] }) => [add(...gate(0, h)).map(f as Function1), c] },
  GRU: {
    gates: 3,
    functions: ["Sigmoid", "Tanh"],
    cell: ({ h, c, gate, f: [f, g] }, { attributes }) => {
      const [z, r] = [0, 1].map((i) => add(...gate(i, h)).map(f as Function1)) as [Float64Array, Float64Array];
      const [input, state] = attributes.flag("linear_before_reset", false) ? gate(2, h) : gate(2, multiply(r, h));
      const reset = attributes.flag("linear_before_reset", false) ? multiply(r, state) : state;
      const candidate = add(input, reset).map(g as Function1);
      return [h.map((one, i) => (1 - (z[i] as number)) * (candidate[i] as number) + (z[i] as number) * one), c];
    },
  },
  LSTM: {
    gates: 4,
    functions: ["Sigmoid", "Tanh", "Tanh"],
    cell: ({ h, c, gate, peepholes, f: [f, g, last] }, { attributes }) => {
      const i = add(...gate(0, h), multiply(peepholes(0), c)).map(f as Function1);
      const forget = add(...gate(2, h), multiply(peepholes(2), c)).map(f as Function1);
      const kept = attributes.flag("input_forget", false) ? i.map((one) => 1 - one) : forget;
      const next = add(multiply(kept, c), multiply(i, add(...gate(3, h)).map(g as Function1)));
      const o = add(...gate(1, h), multiply(peepholes(1), next)).map(f as Function1);
      return [multiply(o, next.map(last as Function1)), next];
    },
  },
};

const recurrent =
  (name: string): Evaluate =>
  (call) => {
    const { attributes, input, inputs } = call;
    const { gates, functions: usual, cell } = cells[name] as (typeof cells)[string];
    const isBatchFirst = attributes.flag("layout", false);
    const turn = (x: NdArray) => (isBatchFirst ? transpose(x, [1, 0, 2]) : x);
    const x = turn(input(0));
    const [steps = 0, batch = 0, depth = 0] = x.shape;
    const [directions = 0, , hidden = 0] = input(2).shape;
    const [firstH, firstC] = [inputs[5] && turn(inputs[5]), inputs[6] && turn(inputs[6])];
    const direction = attributes.string("direction", "forward");
    const names = attributes.has("activations")
      ? attributes.strings("activations")
      : Array.from({ length: directions }, () => usual).flat();
    const limit = attributes.number("clip", Number.POSITIVE_INFINITY);
    const output = new Float64Array(steps * directions * batch * hidden);
    const [lastH, lastC] = [new Float64Array(directions * batch * hidden), new Float64Array(directions * batch * hidden)];
    for (let d = 0; d < directions; d++)
      for (let n = 0; n < batch; n++) {
        const at = (d * batch + n) * hidden;
        let h: Float64Array = firstH?.data.slice(at, at + hidden) ?? new Float64Array(hidden);
        let c: Float64Array = firstC?.data.slice(at, at + hidden) ?? new Float64Array(hidden);
        const length = inputs[4]?.data[n] ?? steps;
        const isReverse = direction === "reverse" || d === 1;
        for (let step = 0; step < length; step++) {
          const time = isReverse ? length - 1 - step : step;
          const own = Array.from(x.data.subarray((time * batch + n) * depth, (time * batch + n + 1) * depth));
          const sums = (weights: NdArray, gate: number, values: ArrayLike<number>, bias: number) =>
            Float64Array.from({ length: hidden }, (_, unit) => {
              const row = (d * gates + gate) * hidden + unit;
              const width = weights.shape[2] as number;
              const shift = inputs[3]?.data[(2 * d * gates + bias * gates + gate) * hidden + unit] ?? 0;
              return shift + total(Array.from(values, (value, i) => value * (weights.data[row * width + i] as number)));
            });
          const f = names.slice(d * usual.length, (d + 1) * usual.length).map((one) => {
            const known = functions[one.toLowerCase()] ?? call.unsupported(`${one} is not part of the float64 reference.`);
            return (value: number) => known(Math.min(limit, Math.max(-limit, value)));
          });
          const peepholes = (gate: number) =>
            inputs[7]?.data.slice((d * 3 + gate) * hidden, (d * 3 + gate + 1) * hidden) ?? new Float64Array(hidden);
          const gate = (i: number, state: Float64Array) => [sums(input(1), i, own, 0), sums(input(2), i, state, 1)] as const;
          [h, c] = cell({ x: own, h, c, gate, f, peepholes }, call);
          output.set(h, ((time * directions + d) * batch + n) * hidden);
        }
        lastH.set(h, at);
        lastC.set(c, at);
      }
    const { dtype } = x;
    const whole = ndArray(dtype, [steps, directions, batch, hidden], output);
    const state = (data: Float64Array) => turn(ndArray(dtype, [directions, batch, hidden], data));
    return [isBatchFirst ? transpose(whole, [2, 0, 1, 3]) : whole, state(lastH), state(lastC)];
  };

export const recurrentLayers: Operators = { RNN: recurrent("RNN"), GRU: recurrent("GRU"), LSTM: recurrent("LSTM") };
