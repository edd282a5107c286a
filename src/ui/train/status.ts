// How far a training is, in one line. Pure.
import { meanOf } from "../../lessons/mean.ts";
import { countOf } from "../count-of.ts";
import type { Learning } from "./learning.ts";

/** Losses whose mean is told. */
const lastSteps = 20;

/** The mean of the last losses, and that it is one; undefined before the first step. */
function lossText({ losses }: Learning["history"]): string | undefined {
  const last = losses.slice(-lastSteps);
  if (last.length < 2) return last[0]?.toFixed(3);
  return `${meanOf(last).toFixed(3)}, the mean of the last ${last.length} steps`;
}

/** When weights were as they are: after so many steps. */
export function afterSteps(steps: number): string {
  return steps === 0 ? "before it learned" : `after ${countOf(steps, "step")}`;
}

/**
 * @param isPaused whether the element is
 * @param name of the network that is told of, where another one learns beside it
 */
export function statusText({ begun, history, speed, isHeld, isStepping }: Learning, isPaused: boolean, name?: string): string {
  const loss = lossText(history);
  const score = history.scores.at(-1);
  const pictures = begun.count === undefined ? "pictures without end" : countOf(begun.count, "picture");
  const share = score && `${(100 * score.accuracy).toFixed(1)} %`;
  const whose = name && history.rival ? `${name}: ` : "";
  // It is tried from time to time only.
  const when = score && score.steps !== history.steps ? `, ${afterSteps(score.steps)}` : "";
  return [
    stateText(isHeld, isPaused, isStepping) ?? `Learns from ${pictures}`,
    `step ${history.steps.toLocaleString("en")}`,
    speed > 0 ? `${Math.round(speed).toLocaleString("en")} pictures/s` : "",
    loss ? `${whose}loss ${loss}` : "",
    share
      ? begun.kind === "driving"
        ? `${whose}in the lane ${share} of the time${when}`
        : `${whose}${share} of ${countOf(begun.heldBack, "picture")} held back ${begun.heldBack === 1 ? "is" : "are"} right${when}`
      : begun.heldBack === 0
        ? "no picture is held back to try it on"
        : "",
    leftOutText(begun),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** How many pictures could not be read, and the first few of them. */
function leftOutText({ leftOut, unread = [] }: Learning["begun"]): string {
  if (leftOut === 0) return "";
  const names = unread.length > 0 ? ` (${unread.join("; ")}${leftOut > unread.length ? "; …" : ""})` : "";
  return `${countOf(leftOut, "picture")} could not be read${names}`;
}

/** How good it was when it was tried last, in a sentence that is read aloud; how large its loss is, where nothing is held back to try it on. */
export function toldText({ begun, history }: Pick<Learning, "begun" | "history">): string {
  const score = history.scores.at(-1);
  const after = afterSteps(score?.steps ?? history.steps).replace(/^./, (letter) => letter.toUpperCase());
  if (!score) return `${after} the loss is ${lossText(history)}; no picture is held back to try it on.`;
  const share = `${Math.round(100 * score.accuracy)} %`;
  return begun.kind === "driving"
    ? `${after} ${history.rival ? "the first network" : "it"} is in the lane ${share} of the time.`
    : `${after} ${share} of the ${begun.heldBack === 1 ? "picture held back is" : "pictures held back are"} right${history.rival ? " by the first network" : ""}.`;
}

/** What is told of a run that goes on, where it is not all as it was; empty where it is. @param stepsBefore that it had taken */
export function goesOnText(steps: number, stepsBefore: number, { isRestored }: Pick<Learning["begun"], "isRestored">): string {
  const lost = stepsBefore - steps;
  return [
    lost > 0
      ? `It goes on from step ${steps.toLocaleString("en")}: the ${lost === 1 ? "step after it was" : `${countOf(lost, "step")} after it were`} lost.`
      : "",
    steps > 0 && !isRestored ? "It goes on with weights alone: the optimiser's moments begin anew." : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** Where it does not go on; while a step ends, its weights still change. */
function stateText(isHeld: boolean, isPaused: boolean, isStepping: boolean): string | undefined {
  if (!isHeld && !isPaused) return undefined;
  if (isStepping) return "Ends a step";
  return isHeld ? "Paused" : "Paused with the layers";
}
