// Operators that compute element by element, with broadcasting: activations, arithmetic, Clip, Cast, Where.
import { isFloat } from "../../tensor.ts";
import type { Facts } from "../facts.ts";
import { constantsOfRow, functionOperators, functionRow } from "../functions.ts";
import type { Index } from "../region.ts";
import { broadcastGrid, broadcastIndex, type ElementReader, type Rule, type Rules } from "../rule.ts";
import type { StepBody } from "../step.ts";

/** Every input has one element for each of the output's. */
const readsAlike: Rule["reads"] = ({ inputs }, grid) => inputs.map((type) => (type ? [broadcastGrid(grid, type.shape)] : []));
/** The first has. */
const readsFirst: Rule["reads"] = (facts, grid) => [[broadcastGrid(grid, facts.shape(0))]];

interface Function {
  readonly formula: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly f: (x: number) => number;
}

/** A function of the first input's element. */
function functionStep(facts: Facts, index: Index, at: ElementReader, { formula, constants = {}, f }: Function): StepBody {
  const x = at(0, index);
  return { kind: "function", value: facts.node.inputs[0] ?? "", index, x, formula, constants, result: f(x) };
}

const unary: Rule = {
  continuesLayer: true,
  reads: readsFirst,
  step(facts, index, at) {
    const row = functionRow(facts);
    const constants = constantsOfRow(facts, row);
    return functionStep(facts, index, at, { formula: row.formula, constants, f: (x) => row.f(x, ...Object.values(constants)) });
  },
};

const clip: Rule = {
  continuesLayer: true,
  reads: (facts, grid) => [
    [grid],
    ...[1, 2].map((bound) => (facts.inputs[bound] ? [facts.shape(bound).map(() => [[0, 1]] as const)] : [])),
  ],
  step(facts, index, at) {
    const { attributes, inputs } = facts;
    const bound = (name: string, input: number, fallback: number): number => {
      const type = inputs[input];
      return type ? at(input, broadcastIndex(index, type.shape)) : attributes.number(name, fallback);
    };
    const low = bound("min", 1, Number.NEGATIVE_INFINITY);
    const high = bound("max", 2, Number.POSITIVE_INFINITY);
    return functionStep(facts, index, at, {
      formula: "min(high, max(low, x))",
      constants: { low, high },
      f: (x) => Math.min(Math.max(x, low), high),
    });
  },
};

const prelu: Rule = {
  continuesLayer: true,
  reads: readsAlike,
  step(facts, index, at) {
    const slope = at(1, broadcastIndex(index, facts.shape(1)));
    return functionStep(facts, index, at, {
      formula: "x where x ≥ 0, else slope · x",
      constants: { slope },
      f: (x) => (x < 0 ? slope * x : x),
    });
  },
};

/** Between floats nothing changes but the precision. */
const cast: Rule = {
  continuesLayer: true,
  reads: readsFirst,
  step(facts, index, at) {
    const { dtype } = facts.output;
    if (dtype === "bool") return functionStep(facts, index, at, { formula: "1 where x ≠ 0, else 0", f: (x) => Number(x !== 0) });
    if (isFloat(dtype)) return functionStep(facts, index, at, { formula: "x", f: (x) => x });
    return functionStep(facts, index, at, { formula: "x towards 0, as a whole number", f: Math.trunc });
  },
};

interface ArithmeticRow {
  /** Over a, b and c; over "a … z" where there may be any number of operands. */
  readonly formula: string;
  readonly sign?: string;
  readonly f: (operands: readonly number[], facts: Facts) => number;
}

/** The operands in their order, two at a time. */
const folded =
  (f: (a: number, b: number) => number): ArithmeticRow["f"] =>
  (operands) =>
    operands.reduce(f);
const pair =
  (f: (a: number, b: number) => number): ArithmeticRow["f"] =>
  ([a = 0, b = 0]) =>
    f(a, b);
const holds = (f: (a: number, b: number) => boolean): ArithmeticRow["f"] => pair((a, b) => Number(f(a, b)));
const sumOf = (operands: readonly number[]): number => operands.reduce((a, b) => a + b);
const areWhole = ({ inputs }: Facts): boolean => !isFloat(inputs[0]?.dtype ?? "float32");

const arithmetic: Readonly<Record<string, ArithmeticRow>> = {
  Add: { formula: "a + b", sign: "+", f: pair((a, b) => a + b) },
  Sub: { formula: "a − b", sign: "−", f: pair((a, b) => a - b) },
  Mul: { formula: "a × b", sign: "×", f: pair((a, b) => a * b) },
  // Whole numbers divide without a remainder.
  Div: { formula: "a ÷ b", sign: "÷", f: ([a = 0, b = 0], facts) => (areWhole(facts) ? Math.trunc(a / b) : a / b) },
  Mod: {
    formula: "a mod b",
    sign: "mod",
    // The remainder has the divisor's sign; with fmod, the dividend's.
    f: ([a = 0, b = 0], { attributes }) => (attributes.flag("fmod", false) ? a % b : a - b * Math.floor(a / b)),
  },
  Pow: { formula: "a ^ b", sign: "^", f: pair((a, b) => (a === 1 ? 1 : a ** b)) },
  Sum: { formula: "a + … + z", sign: "+", f: sumOf },
  Mean: { formula: "(a + … + z) ÷ count", f: (operands) => sumOf(operands) / operands.length },
  Max: { formula: "max(a, …, z)", f: folded((a, b) => Math.max(a, b)) },
  Min: { formula: "min(a, …, z)", f: folded((a, b) => Math.min(a, b)) },
  Equal: { formula: "a = b", sign: "=", f: holds((a, b) => a === b) },
  Greater: { formula: "a > b", sign: ">", f: holds((a, b) => a > b) },
  GreaterOrEqual: { formula: "a ≥ b", sign: "≥", f: holds((a, b) => a >= b) },
  Less: { formula: "a < b", sign: "<", f: holds((a, b) => a < b) },
  LessOrEqual: { formula: "a ≤ b", sign: "≤", f: holds((a, b) => a <= b) },
  And: { formula: "a and b", sign: "and", f: holds((a, b) => a !== 0 && b !== 0) },
  Or: { formula: "a or b", sign: "or", f: holds((a, b) => a !== 0 || b !== 0) },
  Xor: { formula: "a xor b", sign: "xor", f: holds((a, b) => (a !== 0) !== (b !== 0)) },
  Where: { formula: "b where a, else c", f: ([a, b = 0, c = 0]) => (a ? b : c) },
};

const ofOperands = ({ formula, sign, f }: ArithmeticRow): Rule => ({
  continuesLayer: true,
  reads: readsAlike,
  step(facts, index, at) {
    const operands = facts.inputs.map((type, input) => {
      const own = broadcastIndex(index, type?.shape ?? []);
      return { value: facts.node.inputs[input] ?? "", index: own, x: at(input, own) };
    });
    const result = f(
      operands.map(({ x }) => x),
      facts,
    );
    return { kind: "arithmetic", operands, sign, formula, result };
  },
});

export const elementWise: Rules = {
  ...Object.fromEntries(functionOperators.map((name) => [name, unary])),
  ...Object.fromEntries(Object.entries(arithmetic).map(([name, row]) => [name, ofOperands(row)])),
  Clip: clip,
  PRelu: prelu,
  Cast: cast,
  CastLike: cast,
};
