// How far a training is, in one line. Pure.
import { meanOf } from "../../lessons/mean.ts";
import type { Names } from "../compare/names.ts";
import { countOf } from "../count-of.ts";
import type { History, Score } from "./history.ts";
import type { Learning } from "./learning.ts";

/** Losses whose mean is told. */
const lastSteps = 20;

/** The mean of the last losses, and that it is one; undefined before the first step. */
function lossText({ losses }: Pick<History, "losses">): string | undefined {
  const last = losses.slice(-lastSteps);
  if (last.length < 2) return last[0]?.toFixed(3);
  return `${meanOf(last).toFixed(3)}, the mean of the last ${last.length} steps`;
}

/** When weights were as they are: after so many steps. */
export function afterSteps(steps: number): string {
  return steps === 0 ? "before it learned" : `after ${countOf(steps, "step")}`;
}

const shareOf = ({ accuracy }: Score) => `${(100 * accuracy).toFixed(1)} %`;

/** What is looked back at, and how good it was when it was tried last before; of two that learn, both. */
function lookedText({ looked, history }: Pick<Learning, "looked" | "history">, names?: Names): string {
  if (looked === undefined) return "";
  const { rival } = history;
  const [own, other] = [history, rival].map((one) => one && thenText(one.scores, looked));
  const shares = names && rival ? [named(names.first, own), named(names.second, other)] : [own];
  const then = shares.filter(Boolean).join("; ");
  return `shown as it was ${afterSteps(looked)}${then && ` (then ${then})`}`;
}

/** How good one was after so many steps, as far as it was tried. */
function thenText(scores: History["scores"], looked: number): string | undefined {
  const score = scores.findLast(({ steps }) => steps <= looked);
  return score && `${shareOf(score)}${score.steps === looked ? "" : `, tried ${afterSteps(score.steps)}`}`;
}

/** What is said of one of two networks; empty where nothing is. */
const named = (name: string, said?: string) => (said ? `${name}: ${said}` : "");

/** How good one network is. */
function resultsOf(
  { losses, scores, steps }: Pick<History, "losses" | "scores" | "steps">,
  { kind, heldBack }: Learning["begun"],
): string[] {
  const [loss, score] = [lossText({ losses }), scores.at(-1)];
  const share = score && shareOf(score);
  // It is tried from time to time only.
  const when = score && score.steps !== steps ? `, ${afterSteps(score.steps)}` : "";
  const right = kind === "driving" ? "of the time" : `of ${countOf(heldBack, "picture")} held back ${heldBack === 1 ? "is" : "are"} right`;
  return [loss ? `loss ${loss}` : "", share ? `${kind === "driving" ? "in the lane " : ""}${share} ${right}${when}` : ""].filter(Boolean);
}

/**
 * @param isPaused whether the element is
 * @param names of both networks, where another one learns beside it
 */
export function statusText(learning: Learning, isPaused: boolean, names?: Names): string {
  const { begun, history, speed, isHeld, isStepping } = learning;
  const pictures = begun.count === undefined ? "pictures without end" : countOf(begun.count, "picture");
  const { rival } = history;
  const own = resultsOf(history, begun);
  return [
    stateText(isHeld, isPaused, isStepping) ?? `Learns from ${pictures}`,
    `step ${history.steps.toLocaleString("en")}`,
    lookedText(learning, names),
    speed > 0 ? `${Math.round(speed).toLocaleString("en")} pictures/s` : "",
    ...(names && rival ? [named(names.first, own.join("; ")), named(names.second, resultsOf(rival, begun).join("; "))] : own),
    begun.heldBack === 0 && history.scores.length === 0 ? "no picture is held back to try it on" : "",
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

/** How good it was when it was tried last, in a sentence that is read aloud; how large its loss is, where nothing is held back to try it on. Of two that learn it tells both. */
export function toldText({ begun, history }: Pick<Learning, "begun" | "history">): string {
  const { rival } = history;
  const score = history.scores.at(-1);
  const after = afterSteps(score?.steps ?? history.steps).replace(/^./, (letter) => letter.toUpperCase());
  if (!score) {
    const other = rival && lossText(rival);
    const loss = `the loss ${rival ? "of the first network " : ""}is ${lossText(history)}${other ? `, that of the second ${other}` : ""}`;
    return `${after} ${loss}; no picture is held back to try it on.`;
  }
  const percent = ({ accuracy }: Score) => `${Math.round(100 * accuracy)} %`;
  const share = percent(score);
  // A second one that has come apart is tried no more.
  const tried = rival?.scores.at(-1);
  const other = tried?.steps === score.steps ? percent(tried) : "";
  if (begun.kind === "driving")
    return `${after} ${rival ? "the first network" : "it"} is in the lane ${share} of the time${other && `, the second ${other}`}.`;
  const right = `${share} of the ${begun.heldBack === 1 ? "picture held back is" : "pictures held back are"} right`;
  return `${after} ${right}${rival ? ` by the first network${other && `, ${other} by the second`}` : ""}.`;
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
