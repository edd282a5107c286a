// What a page is told of a training that begins, for tests of what it does then.
import type { Begun } from "../../src/ui/train/request.ts";

export const begunTraining = {
  kind: "classes",
  classes: ["a", "b"],
  count: 1,
  heldBack: 1,
  leftOut: 0,
  rate: 1,
  steps: 0,
  parameters: [],
  isRestored: false,
} as const satisfies Begun;
