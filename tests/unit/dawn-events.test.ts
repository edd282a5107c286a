// Waiting for the GPU in Node: a real event loop, but with a clock of its own.
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { easeWaiting } from "../../src/cli/dawn-events.ts";

/** A global object whose waits are noted, not slept. Each look at the clock takes one millisecond. */
function easedRoot(turn = setImmediate) {
  const slept: number[] = [];
  let ms = 0;
  const root = { setImmediate: turn };
  easeWaiting(root, { now: () => ms++, sleep: (time) => void slept.push(time) });
  return { root, slept };
}

/** Asks for looks as Dawn does, with a native function: the next one during the one before. */
function look(root: { setImmediate: typeof setImmediate }, count: number): Promise<void> {
  return new Promise((done) => {
    const once = (left: number): void => {
      if (left === 0) done();
      else root.setImmediate(once.bind(undefined, left - 1));
    };
    root.setImmediate(once.bind(undefined, count));
  });
}

test("the longer Dawn waits, the longer the thread sleeps between two looks, up to a quarter of a millisecond", async () => {
  const { root, slept } = easedRoot();
  await look(root, 20);
  expect(slept.slice(0, 3)).toEqual([1 / 50, 2 / 50, 3 / 50]);
  expect(slept.slice(-3)).toEqual([0.25, 0.25, 0.25]);
});

test("the next wait begins without sleep again", async () => {
  const { root, slept } = easedRoot();
  await look(root, 20);
  slept.length = 0;
  await look(root, 0);
  expect(slept).toEqual([1 / 50]);
});

test("a look that fails ends the wait", () => {
  const turns: (() => void)[] = [];
  const { root, slept } = easedRoot(((callback: () => void) => turns.push(callback)) as unknown as typeof setImmediate);
  const fail = (): never => {
    throw new Error("a look that fails");
  };
  root.setImmediate(fail.bind(undefined));
  expect(turns[0]).toThrow("a look that fails");
  turns.splice(0);
  root.setImmediate((() => {}).bind(undefined));
  turns[0]?.();
  expect(slept.at(-1)).toBe(1 / 50);
});

test("JavaScript's own callbacks come without sleep, with what they were given, and may be taken back", async () => {
  const { root, slept } = easedRoot();
  const given = await new Promise((resolve) => {
    clearImmediate(root.setImmediate(() => resolve("taken back")));
    root.setImmediate((...values: unknown[]) => resolve(values), 1, "two");
  });
  expect(given).toEqual([1, "two"]);
  expect(await promisify(root.setImmediate)("value")).toBe("value");
  expect(slept).toEqual([]);
});
