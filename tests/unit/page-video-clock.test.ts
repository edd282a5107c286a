// The time of a video, as people read it.
import { expect, it } from "vitest";
import { clock } from "../../src/ui/page/video-controls.ts";

it.each([
  [0, "0:00.0"],
  [1.04, "0:01.0"],
  [59.99, "0:59.9"],
  [62.4, "1:02.4"],
  [3600, "60:00.0"],
])("%d seconds are %s", (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});
