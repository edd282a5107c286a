// Pools with windows, and pools over whole maps.
// https://onnx.ai/onnx/operators/onnx__AveragePool.html
import type { Facts } from "../facts.ts";
import { choiceStep, meanStep, normStep, readElements } from "../reductions.ts";
import { type Index, indicesOfBox } from "../region.ts";
import type { ElementReader, Rule, Rules } from "../rule.ts";
import { wholeAxis } from "../runs.ts";
import type { Elements, StepBody } from "../step.ts";
import { combinations, inputsOfWindows, isInside, placeOfTap, type WindowAxis, windowAxes } from "../window-taps.ts";

type Pool = (facts: Facts, elements: Elements, window: { readonly index: Index; readonly axes: readonly WindowAxis[] }) => StepBody;

const windowed = (pool: Pool): Rule => ({
  reads: (facts, [batch = [], channels = [], ...places]) => [
    [[batch, channels, ...axesOf(facts).map((axis, i) => inputsOfWindows(places[i] ?? [], axis))]],
  ],
  step(facts, index, at) {
    const axes = axesOf(facts);
    return pool(facts, elementsOfWindow(facts, index, axes, at), { index, axes });
  },
});

function axesOf(facts: Facts): readonly WindowAxis[] {
  return windowAxes(facts, facts.shape(0).slice(2), facts.attributes.numbers("kernel_shape", []));
}

/** Those that lie on the input. */
function elementsOfWindow(facts: Facts, [n = 0, c = 0, ...place]: Index, axes: readonly WindowAxis[], at: ElementReader): Elements {
  const inside = axes.map((axis, i) => placesOfWindow(place[i] as number, axis).filter((one) => isInside(one, axis)));
  return readElements(
    facts,
    at,
    combinations(inside).map((spatial) => [n, c, ...spatial]),
  );
}

function placesOfWindow(output: number, axis: WindowAxis): readonly number[] {
  return Array.from({ length: axis.size }, (_, k) => placeOfTap(output, k, axis));
}

/** With those in the padding, but without those behind it, which `ceil_mode` adds. */
function countWithPads([, , ...place]: Index, axes: readonly WindowAxis[]): number {
  const counts = axes.map((axis, i) => {
    const isCounted = (one: number): boolean => one >= -axis.begin && one < axis.extent + axis.end;
    return placesOfWindow(place[i] as number, axis).filter(isCounted).length;
  });
  return counts.reduce((a, b) => a * b, 1);
}

/** One number from each map. */
const overMaps = (pool: (facts: Facts, elements: Elements) => StepBody): Rule => ({
  reads: (facts, [batch = [], channels = []]) => [[[batch, channels, ...spatialOf(facts).map(wholeAxis)]]],
  step(facts, [n = 0, c = 0], at) {
    const spatial = spatialOf(facts);
    const box = { begin: [n, c, ...spatial.map(() => 0)], end: [n + 1, c + 1, ...spatial] };
    return pool(facts, readElements(facts, at, [...indicesOfBox(box)]));
  },
});

function spatialOf(facts: Facts): readonly number[] {
  return facts.shape(0).slice(2);
}

const norm = ({ attributes }: Facts, elements: Elements): StepBody => normStep(elements, attributes.number("p", 2));

export const pooling: Rules = {
  MaxPool: windowed((_, elements) => choiceStep("max", elements)),
  AveragePool: windowed((facts, elements, { index, axes }) =>
    meanStep(elements, facts.attributes.flag("count_include_pad", false) ? countWithPads(index, axes) : elements.numbers.length),
  ),
  LpPool: windowed(norm),
  GlobalMaxPool: overMaps((_, elements) => choiceStep("max", elements)),
  GlobalAveragePool: overMaps((_, elements) => meanStep(elements, elements.numbers.length)),
  GlobalLpPool: overMaps(norm),
};
