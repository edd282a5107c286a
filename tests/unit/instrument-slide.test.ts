// A window that slides by itself waits for the numbers of each place.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Place } from "../../src/ui/instrument/place.ts";
import { Slide } from "../../src/ui/instrument/slide.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function slideFrom(start: Place) {
  let place = start;
  const slide = new Slide({
    isAt: (one) => one.y === place.y && one.x === place.x,
    go: (next) => {
      place = next;
    },
    update: () => undefined,
  });
  return {
    slide,
    go: (next: Place) => {
      place = next;
    },
    at: () => [place.y, place.x],
  };
}

const start = { maps: { channels: 1, height: 2, width: 2 }, channel: 0, y: 0, x: 0 } as unknown as Place;
const long = 60_000;

test("goes to the next element a while after the one before was shown, row by row and around", () => {
  const { slide, at } = slideFrom(start);
  slide.stateAt(start).play();
  const places = Array.from({ length: 5 }, () => {
    vi.advanceTimersByTime(long);
    const place = at();
    slide.shown();
    return place;
  });
  expect(places).toEqual([
    [0, 1],
    [1, 0],
    [1, 1],
    [0, 0],
    [0, 1],
  ]);
});

test("stands still while an answer takes long, and where somebody stops it or goes elsewhere", () => {
  const { slide, at, go } = slideFrom(start);
  slide.stateAt(start).play();
  vi.advanceTimersByTime(long);
  vi.advanceTimersByTime(long);
  expect(at()).toEqual([0, 1]);
  slide.shown();
  slide.stateAt(start).play();
  expect(slide.stateAt(start).isPlaying).toBe(false);
  vi.advanceTimersByTime(long);
  expect(at()).toEqual([0, 1]);
  slide.stateAt({ ...start, x: 1 }).play();
  go({ ...start, y: 1 });
  vi.advanceTimersByTime(long);
  expect(slide.stateAt(start).isPlaying).toBe(false);
  expect(at()).toEqual([1, 0]);
});
