// Conv and ConvTranspose over any number of spatial axes, in groups.
// https://onnx.ai/onnx/operators/onnx__Conv.html
import { sizeOf } from "../../shapes.ts";
import type { Facts } from "../facts.ts";
import type { Grid, Index } from "../region.ts";
import type { ElementReader, Rule, Rules } from "../rule.ts";
import { mapIndices, type Runs, unionOfRuns, wholeAxis } from "../runs.ts";
import type { ChannelSum, StepBody, Tap } from "../step.ts";
import { inputsMeeting, kernelMeeting, type MeetingAxis, meetingAxes, meetings } from "../transposed-taps.ts";
import { combinations, inputsOfWindows, isInside, placeOfTap, type WindowAxis, windowAxes } from "../window-taps.ts";

/** y[n, m, o] = bias[m] + Σ w[m, c, k] · x[n, first + c, o · stride − begin + k · dilation] */
const conv: Rule = {
  reads(facts, [batch = [], filters = [], ...places]) {
    const [, perGroup = 1, ...kernel] = facts.shape(1);
    const axes = axesOf(facts);
    const channels = unionOfRuns(mapIndices(filters, (m) => groupOf(facts, m)).flatMap((run) => scaled(run, perGroup)));
    const inputs = axes.map((axis, i) => inputsOfWindows(places[i] ?? [], axis));
    // Also where it meets the padding: there it is multiplied with 0, and shown.
    const taps = [wholeAxis(perGroup), ...kernel.map(wholeAxis)];
    return [[[batch, channels, ...inputs]], [[filters, ...taps]], [[filters]]];
  },
  step(facts, [n = 0, m = 0, ...place], at) {
    const [, perGroup = 1, ...window] = facts.shape(1);
    const axes = axesOf(facts);
    const perAxis = axes.map((axis, i) =>
      Array.from({ length: axis.size }, (_, k) => [k, placeOfTap(place[i] as number, k, axis)] as const),
    );
    const taps = combinations(perAxis).map(
      (tap): Tap => ({
        kernel: tap.map(([k]) => k),
        input: tap.map(([, i]) => i),
        isPadding: !tap.every(([, i], axis) => isInside(i, axes[axis] as WindowAxis)),
      }),
    );
    const first = groupOf(facts, m) * perGroup;
    const channels = Array.from({ length: perGroup }, (_, c) =>
      channelSum(first + c, taps, at, { input: (tap) => [n, first + c, ...tap], weight: (tap) => [m, c, ...tap] }),
    );
    return convolutionStep(facts, window, taps, channels, m, at);
  },
};

/** y[n, m, i · stride − begin + k · dilation] += w[c, m, k] · x[n, c, i], from the side of y. */
const convTranspose: Rule = {
  reads(facts, [batch = [], filters = [], ...places]) {
    const perGroup = facts.shape(1)[1] as number;
    const channelsPerGroup = (facts.shape(0)[1] as number) / groupCount(facts);
    const axes = transposedAxes(facts);
    const along = (f: (runs: Runs, axis: MeetingAxis) => Runs): Grid => axes.map((axis, i) => f(places[i] ?? [], axis));
    const [inputs, taps] = [along(inputsMeeting), along(kernelMeeting)];
    const groups = mapIndices(filters, (m) => Math.floor(m / perGroup));
    const channels = unionOfRuns(groups.flatMap((run) => scaled(run, channelsPerGroup)));
    const weights = groups.flatMap(([begin, end]) =>
      Array.from({ length: end - begin }, (_, i): Grid => {
        const group = begin + i;
        const own = mapIndices(filters, (m) => (Math.floor(m / perGroup) === group ? m % perGroup : []));
        return [[[group * channelsPerGroup, (group + 1) * channelsPerGroup]], own, ...taps];
      }),
    );
    return [[[batch, channels, ...inputs]], weights, [[filters]]];
  },
  step(facts, [n = 0, m = 0, ...place], at) {
    const [, perGroup = 1, ...window] = facts.shape(1);
    const channelsPerGroup = (facts.shape(0)[1] as number) / groupCount(facts);
    const perAxis = transposedAxes(facts).map((axis, i) => meetings(place[i] as number, axis));
    const taps = combinations(perAxis).map(
      (tap): Tap => ({
        kernel: tap.map(({ k }) => k),
        input: tap.map(({ input }) => input),
        isPadding: false,
      }),
    );
    const first = Math.floor(m / perGroup) * channelsPerGroup;
    const channels = Array.from({ length: channelsPerGroup }, (_, c) =>
      channelSum(first + c, taps, at, { input: (tap) => [n, first + c, ...tap], weight: (tap) => [first + c, m % perGroup, ...tap] }),
    );
    return convolutionStep(facts, window, taps, channels, m, at);
  },
};

function axesOf(facts: Facts): readonly WindowAxis[] {
  return windowAxes(facts, facts.shape(0).slice(2), facts.shape(1).slice(2));
}

function transposedAxes(facts: Facts): readonly MeetingAxis[] {
  return meetingAxes(facts, facts.shape(0).slice(2), facts.shape(1).slice(2));
}

function groupCount({ attributes }: Facts): number {
  return attributes.number("group", 1);
}

/** The group that computes an output channel of a Conv. */
function groupOf(facts: Facts, filter: number): number {
  return Math.floor(filter / ((facts.shape(1)[0] as number) / groupCount(facts)));
}

function scaled([begin, end]: Runs[number], by: number): Runs {
  return [[begin * by, end * by]];
}

interface Places {
  readonly input: (tap: Index) => Index;
  readonly weight: (tap: Index) => Index;
}

function channelSum(channel: number, taps: readonly Tap[], at: ElementReader, places: Places): ChannelSum {
  const inputs = Float64Array.from(taps, (tap) => (tap.isPadding ? 0 : at(0, places.input(tap.input))));
  const kernel = Float64Array.from(taps, (tap) => at(1, places.weight(tap.kernel)));
  const products = inputs.map((x, i) => x * (kernel[i] as number));
  return { channel, inputs, kernel, products, sum: products.reduce((a, b) => a + b, 0) };
}

function convolutionStep(
  { node, inputs }: Facts,
  window: readonly number[],
  taps: readonly Tap[],
  channels: readonly ChannelSum[],
  filter: number,
  at: ElementReader,
): StepBody {
  const [input = "", weight = ""] = node.inputs;
  const bias = inputs[2] && sizeOf(inputs[2].shape) > 0 ? at(2, [filter]) : undefined;
  const result = channels.reduce((total, { sum }) => total + sum, bias ?? 0);
  return { kind: "convolution", input, weight, window, taps, channels, bias, result };
}

export const convolution: Rules = { Conv: conv, ConvTranspose: convTranspose };
