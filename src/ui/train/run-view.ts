// What is shown of a run of training, as it is now.
import type { Learning } from "./learning.ts";
import { silenceText } from "./silence.ts";
import type { RunView } from "./template.ts";

/** What a run does not know of itself. */
type Beside = Pick<RunView, "isPaused" | "curves" | "note" | "stored" | "drawn">;

export function runViewOf(learning: Learning, beside: Beside): RunView {
  const { isHeld, rate, pace, looked, evaluated, told, begun, history, silent, advice, nextRate } = learning;
  return {
    ...{ isHeld, rate, pace, looked, evaluated, told, advice, nextRate, ...beside },
    classes: begun.classes,
    heldBack: begun.heldBack,
    kept: history.kept.map(({ steps }) => steps),
    silence: silenceText(silent.values, silent.counts),
  };
}
