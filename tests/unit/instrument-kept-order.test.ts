// How long the channels of a layer keep their places while their ranks change.
import { expect, test } from "vitest";
import { KeptOrder, orderMs } from "../../src/ui/instrument/kept-order.ts";

test("channels keep their places for a while, however often others are offered", () => {
  const order = new KeptOrder();
  expect(order.offer("a", "activity", [1, 0, 2], 0)).toBeUndefined();
  for (let now = 100; now < orderMs; now += 100) {
    const wait = order.offer("a", "activity", now % 200 ? [2, 1, 0] : [0, 2, 1], now);
    expect(wait).toBe(orderMs - now);
    expect(order.of("a")).toEqual([1, 0, 2]);
  }
  // What is offered then is taken, and kept as long.
  expect(order.offer("a", "activity", [2, 1, 0], orderMs)).toBeUndefined();
  expect(order.of("a")).toEqual([2, 1, 0]);
  expect(order.offer("a", "activity", [0, 1, 2], orderMs + 1)).toBe(orderMs - 1);
});

test("an order that is the same needs no wait, and one of another value, or by something else, comes at once", () => {
  const order = new KeptOrder();
  order.offer("a", "activity", [1, 0], 0);
  expect(order.offer("a", "activity", [1, 0], 1)).toBeUndefined();
  expect(order.offer("a", "sparsity", [0, 1], 2)).toBeUndefined();
  expect(order.of("a")).toEqual([0, 1]);
  expect(order.offer("a", "index", undefined, 3)).toBeUndefined();
  expect(order.of("a")).toBeUndefined();
  expect(order.offer("b", "activity", [1, 0], 4)).toBeUndefined();
  expect([order.of("a"), order.of("b")]).toEqual([undefined, [1, 0]]);
  order.forget();
  expect(order.of("b")).toBeUndefined();
});
