// What becomes of channels by their buttons, what all gates come to in words, and which tiles are marked.
import { expect, test } from "vitest";
import type { ValueGate } from "../../src/ui/change-gates.ts";
import { changesOf, countText } from "../../src/ui/instrument/changes.ts";
import { marksOfStates } from "../../src/ui/instrument/channel-states.ts";
import {
  aloneIn,
  type ChannelSwitch,
  isLayerSilent,
  silencedIn,
  stateOf,
  withLayerSilent,
  withState,
} from "../../src/ui/instrument/gates.ts";
import type { Place } from "../../src/ui/instrument/place.ts";

const count = 4;
const set = (gates: readonly ValueGate[], channel: number, state: ChannelSwitch | "on") => withState(gates, "a", channel, count, state);
const states = (gates: readonly ValueGate[]) => [0, 1, 2, 3].map((channel) => stateOf(gates, "a", channel, count));

test("channels are silenced, louder and alone, one beside the other, and given back", () => {
  const silent = set([], 1, "silent");
  expect(states(silent)).toEqual(["on", "silent", "on", "on"]);
  const louder = set(silent, 2, "louder");
  expect(states(louder)).toEqual(["on", "silent", "louder", "on"]);
  expect(states(set(louder, 1, "on"))).toEqual(["on", "on", "louder", "on"]);
  const alone = set(louder, 3, "alone");
  expect(states(alone)).toEqual(["muted", "muted", "muted", "alone"]);
  expect(aloneIn(alone, "a", count)).toBe(3);
  expect(set(alone, 3, "on")).toEqual([]);
});

test("a layer is silent as a whole, and what was made of its channels holds again without it", () => {
  const louder = set([{ value: "b", channel: 0, scale: 0 }], 2, "louder");
  const silent = withLayerSilent(louder, "a", true);
  expect([isLayerSilent(silent, "a"), isLayerSilent(silent, "b")]).toEqual([true, false]);
  // The network computes with the last gate of a channel: that of the layer, whatever is made of channels meanwhile.
  const changed = set(set(silent, 1, "silent"), 3, "louder");
  expect(changed.at(-1)).toEqual({ value: "a", scale: 0 });
  expect(set(silent, 0, "alone").at(-1)).toEqual({ value: "a", scale: 0 });
  expect(withLayerSilent(silent, "a", true)).toEqual(silent);
  expect(withLayerSilent(silent, "a", false)).toEqual(louder);
  expect(states(withLayerSilent(changed, "a", false))).toEqual(["on", "silent", "louder", "louder"]);
  expect(isLayerSilent([{ value: "a", channel: 0, scale: 0 }], "a")).toBe(false);
  expect(isLayerSilent([{ value: "a", scale: 0, shift: 1 }], "a")).toBe(false);
});

const countOf = (value: string) => ({ a: 4, b: 2 })[value];
const told = (gates: readonly ValueGate[]) =>
  changesOf(gates, countOf).map(
    ({ value, groups }) => `${value} ${groups.map(({ words, channels = [] }) => `${words} ${channels}`.trim()).join("; ")}`,
  );

test.each<{ why: string; gates: readonly ValueGate[]; words: readonly string[]; count: string }>([
  { why: "nothing", gates: [], words: [], count: "0 channels changed" },
  { why: "one channel", gates: [{ value: "a", channel: 2, scale: 0 }], words: ["a silenced 2"], count: "1 channel changed" },
  {
    why: "channels of two layers",
    gates: [
      { value: "a", channel: 3, scale: 0 },
      { value: "b", channel: 0, scale: 2 },
      { value: "a", channel: 1, scale: 0 },
    ],
    words: ["a silenced 1,3", "b × 2 0"],
    count: "3 channels changed",
  },
  {
    why: "one that is heard alone, and louder",
    gates: [
      { value: "a", channels: [0, 1, 3], scale: 0 },
      { value: "a", channel: 2, scale: 2 },
    ],
    words: ["a heard alone 2; × 2 2"],
    count: "4 channels changed",
  },
  {
    why: "a whole layer, whatever was made of its channels before",
    gates: [
      { value: "a", channel: 2, scale: 2 },
      { value: "a", scale: 0 },
    ],
    words: ["a all silenced"],
    count: "4 channels changed",
  },
  { why: "a number for each", gates: [{ value: "b", scale: [0.5, 1] }], words: ["b × 0.5 0"], count: "1 channel changed" },
  { why: "a shift", gates: [{ value: "b", channel: 1, shift: 3 }], words: ["b changed 1"], count: "1 channel changed" },
  {
    why: "a part of the map",
    gates: [{ value: "b", channel: 1, scale: 0, mask: [1, 0] }],
    words: ["b changed in part 1"],
    count: "1 channel changed",
  },
  { why: "one that changes nothing", gates: [{ value: "a", channel: 0, scale: 1 }], words: [], count: "0 channels changed" },
  {
    why: "a layer and a channel that there are not, as an address may have them, and what is no list",
    gates: [
      { value: "c", channel: 0, scale: 0 },
      { value: "a", channel: 9, scale: 0 },
      { value: "b", channels: 5 as unknown as number[], scale: null as unknown as number },
    ],
    words: [],
    count: "0 channels changed",
  },
])("says of $why", ({ gates, words, count: text }) => {
  expect(told(gates)).toEqual(words);
  expect(countText(changesOf(gates, countOf))).toBe(text);
});

test("tiles say what has become of their channel", () => {
  const gates = [
    { value: "a", channel: 0, scale: 0 },
    { value: "a", channel: 3, scale: 2 },
  ];
  expect(changesOf(gates, countOf)[0]?.marks).toEqual([
    { channel: 0, label: "×0", text: "silenced" },
    { channel: 3, label: "×2", text: "× 2" },
  ]);
  expect([...silencedIn(gates, "a", count)]).toEqual([0]);
  expect(silencedIn([{ value: "a", scale: 0 }, ...gates], "a", count)).toEqual(new Set([0, 1, 2]));
  expect(silencedIn([{ value: "a", channels: [1, 2], scale: 0, shift: 1 }], "a", count)).toEqual(new Set());
});

const placeWith = (height: number) => ({ layer: { value: "a" }, maps: { channels: count, height, width: 3 } }) as Place;

test("a channel is outlined as not finite before silent before saturated", () => {
  const facts = { silentAlone: [1, 2], saturated: [1, 3], nonFinite: [2] };
  const marks = marksOfStates(placeWith(2), facts);
  expect(Object.fromEntries(marks.map(({ kind, box }) => [box.channels[0], kind]))).toEqual({
    1: "silent",
    2: "non-finite",
    3: "saturated",
  });
  expect(marks[0]?.box).toMatchObject({ y: [0, 2], x: [0, 3] });
  const unit = { layer: { value: "a" }, maps: { channels: count, height: 1, width: 1 } } as Place;
  expect(marksOfStates(unit, facts)).toEqual([]);
});

test.each<readonly [string, object]>([
  ["two scales for three channels", { scale: [0, 1] }],
  ["a channel that is a text", { channel: "1", scale: 0 }],
  ["a channel that there is not", { channel: 3, scale: 0 }],
  ["channels that are no list", { channels: 5, scale: 0 }],
  ["channels that only look like a list", { channels: { length: 3e7 }, scale: 0 }],
])("what the engine refuses is told of no channel: %s", (_, gate) => {
  const gates = [{ value: "maps", ...gate }] as never;
  expect(changesOf(gates, () => 3)).toEqual([]);
  expect(silencedIn(gates, "maps", 3).size).toBe(0);
  expect(aloneIn(gates, "maps", 3)).toBeUndefined();
});

test("a layer as wide as VGG's flattened maps is told of at once", () => {
  const [all] = changesOf([{ value: "flat", scale: 0 }], () => 25_088);
  expect(all?.groups).toEqual([{ words: "all silenced", channels: undefined }]);
  const [alone] = changesOf([{ value: "flat", scale: 0, channels: Array.from({ length: 25_087 }, (__, i) => i + 1) }], () => 25_088);
  expect(alone?.groups).toEqual([{ words: "heard alone", channels: [0] }]);
});
