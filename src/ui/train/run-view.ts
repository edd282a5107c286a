// What is shown of a run of training, as it is now.
import { unusedScores } from "../../lessons/unused-scores.ts";
import { asSentence } from "../as-sentence.ts";
import { type Names, namesIn } from "../compare/names.ts";
import type { ConvCam } from "../element.ts";
import { formatNumber } from "../format-number.ts";
import type { Learning } from "./learning.ts";
import type { RivalWish } from "./request.ts";
import { silenceText } from "./silence.ts";
import type { RunView } from "./template.ts";

/** What a run does not know of itself. */
interface Beside extends Pick<RunView, "name" | "isPaused" | "curves" | "note" | "stored" | "drawn"> {
  /** Whether the browser takes nothing for another day. */
  readonly isUnkept: boolean | undefined;
}

/** @param rival what is another about a second network that learns */
export function runViewOf(learning: Learning, rival: RivalWish | undefined, { isUnkept, ...beside }: Beside): RunView {
  const { isHeld, rate, pace, looked, begun, history, silent, trials, advice, nextRate } = learning;
  const { evaluated, told } = trials;
  return {
    ...{ isHeld, rate, pace, looked, evaluated, told, advice, nextRate, ...beside },
    // With another optimiser it has a rate of its own, too.
    isRateOfBoth: rival !== undefined && rival.rate === undefined && rival.optimizer === undefined && !history.rival?.lost,
    classes: begun.classes,
    heldBack: begun.heldBack,
    kept: history.kept.map(({ steps }) => steps),
    remarks: [
      asSentence(unusedScores(begun)),
      isUnkept ? "This browser keeps nothing of it for another day: download what is to last." : "",
      silenceText(silent.found.values, silent.found.counts),
    ].filter(Boolean),
  };
}

/** What two networks are called that learn. @param rate that the first has now, which is told where the second has another */
export function namesOfRun(element: ConvCam, rate: number | undefined): Names {
  const names = namesIn(element);
  if (rate === undefined || !/^\s*rate:/.test(element.getAttribute("train-rival") ?? "")) return names;
  return { ...names, first: `${names.first}, rate ${formatNumber(Number(rate.toPrecision(2)))}` };
}
