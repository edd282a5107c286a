// What is said of a layer's channels, and in which order they stand: against plain loops over their elements.
import { describe, expect, it } from "vitest";
import type { ValueGate } from "../../src/ui/change-gates.ts";
import { aloneIn, boost, stateOf, withState } from "../../src/ui/instrument/gates.ts";
import { arrange, factsOf, readOrder } from "../../src/ui/instrument/orders.ts";
import type { ChannelSummary } from "../../src/ui/statistics/read-statistics.ts";

const maps = [
  [1, 2, 3, 4],
  [0, 0, 0, 0],
  [-8, 0, 0, 8],
  [Number.NaN, Infinity, 1, 1],
];

function summary(elements: readonly number[]): ChannelSummary {
  const finite = elements.filter(Number.isFinite);
  const mean = finite.reduce((sum, x) => sum + x, 0) / finite.length;
  return {
    low: Math.min(...finite),
    high: Math.max(...finite),
    mean,
    deviation: Math.sqrt(finite.reduce((sum, x) => sum + (x - mean) ** 2, 0) / finite.length),
    zeroShare: finite.filter((x) => x === 0).length / finite.length,
    nanCount: elements.filter(Number.isNaN).length,
    infinityCount: elements.filter((x) => Math.abs(x) === Infinity).length,
  };
}
const channels = maps.map(summary);

describe("factsOf", () => {
  const facts = factsOf(channels, 4);

  it("is what one loop over all finite elements gives", () => {
    const all = summary(maps.flat());
    for (const name of ["low", "high", "mean", "deviation", "zeroShare"] as const) expect(facts[name]).toBeCloseTo(all[name], 12);
  });

  it("names silent channels and those that are not finite", () => {
    expect(facts.silent).toEqual([1]);
    expect(facts.nonFinite).toEqual([3]);
  });

  it("has numbers where no element is finite", () => {
    const none = factsOf(
      [{ low: Infinity, high: -Infinity, mean: Number.NaN, deviation: Number.NaN, zeroShare: 0, nanCount: 4, infinityCount: 0 }],
      4,
    );
    expect(none).toMatchObject({ mean: 0, deviation: 0, zeroShare: 0, silent: [], nonFinite: [0] });
  });
});

describe("arrange", () => {
  it("puts the most active first, and the most sparse", () => {
    expect(arrange("activity", channels)).toEqual([2, 0, 3, 1]);
    expect(arrange("sparsity", channels)).toEqual([1, 2, 0, 3]);
    expect(arrange("index", channels)).toBeUndefined();
  });

  it("puts channels without a finite element last", () => {
    const broken = { ...summary([1, 1]), mean: Number.NaN, deviation: Number.NaN };
    expect(arrange("activity", [broken, summary([0, 0]), summary([3, 3])])).toEqual([2, 1, 0]);
  });

  it("refuses an order that there is not", () => {
    expect(() => readOrder("size")).toThrow("order 'size': expected index, effect, activity, sparsity");
    expect(readOrder(null)).toBe("index");
  });
});

describe("gates of channels", () => {
  const others = [
    { value: "other", channel: 1, scale: 0 },
    { value: "a", channel: 0, shift: 1 },
  ];

  it.each(["silent", "alone", "louder"] as const)("%s is set, read and taken back", (state) => {
    const gates = withState([], "a", 2, 5, state);
    expect(stateOf(gates, "a", 2, 5)).toBe(state);
    expect(stateOf(gates, "b", 2, 5)).toBe("on");
    expect(withState(gates, "a", 2, 5, "on")).toEqual([]);
  });

  it("leaves other gates alone, but for those of a layer of which one channel is heard alone", () => {
    expect(withState(others, "a", 2, 5, "silent")).toEqual([...others, { value: "a", channel: 2, scale: 0 }]);
    expect(withState(others, "a", 2, 5, "louder")).toContainEqual({ value: "a", channel: 2, scale: boost });
    expect(withState(others, "a", 2, 5, "alone")).toEqual([others[0], { value: "a", channels: [0, 1, 3, 4], scale: 0 }]);
  });

  it("lets another channel be heard alone instead", () => {
    const gates = withState(withState([], "a", 2, 5, "alone"), "a", 3, 5, "alone");
    expect(gates).toEqual([{ value: "a", channels: [0, 1, 2, 4], scale: 0 }]);
    expect(stateOf(gates, "a", 2, 5)).toBe("muted");
    expect(aloneIn(gates, "a", 5)).toBe(3);
  });

  it("takes no gate of several channels for one that leaves a channel alone", () => {
    const gates = [{ value: "a", channels: [1, 2], scale: 0 }];
    expect([1, 5].map((channel) => stateOf(gates, "a", channel, 8))).toEqual(["on", "on"]);
    expect(stateOf(gates, "a", 0, 3)).toBe("alone");
    expect(stateOf([{ value: "a", channels: [1, 1, 2], scale: 0 }], "a", 0, 4)).toBe("on");
    expect(stateOf([{ value: "a", channels: [], scale: 0 }], "a", 0, 1)).toBe("on");
  });

  it("does what its buttons say, whatever was pressed before, and lets a pressed one go", () => {
    const count = 3;
    const presses = [0, 1, 2].flatMap((channel) => (["silent", "alone", "louder"] as const).map((state) => [channel, state] as const));
    let lists: (readonly ValueGate[])[] = [[]];
    for (let depth = 0; depth < 3; depth++)
      lists = lists.flatMap((gates) =>
        presses.map(([channel, state]) => {
          const isPressed = stateOf(gates, "a", channel, count) === state;
          const next = withState(gates, "a", channel, count, isPressed ? "on" : state);
          expect(stateOf(next, "a", channel, count) === state).toBe(!isPressed);
          const states = [0, 1, 2].map((one) => stateOf(next, "a", one, count));
          const factors = { on: 1, alone: 1, louder: boost, silent: 0, muted: 0 };
          expect(scalesOf(next, count), JSON.stringify(next)).toEqual(states.map((one) => factors[one]));
          if (states.includes("alone")) expect(states.filter((one) => one === "silent" || one === "muted").length).toBe(count - 1);
          return next;
        }),
      );
  });
});

/** What a network's gates multiply each channel by: of several gates, the last one that names it. */
function scalesOf(gates: readonly ValueGate[], count: number): number[] {
  const scales = Array.from({ length: count }, () => 1);
  for (const { channel, channels, scale } of gates) for (const one of channels ?? [channel as number]) scales[one] = scale as number;
  return scales;
}
