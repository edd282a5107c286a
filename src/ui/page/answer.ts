// The card with the network's answer: the best class, all of them as bars, and those of a network compared with.
import { ClassBars } from "../class-bars.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { percentOf } from "../format-number.ts";
import { classNameOf } from "../labels.ts";
import { find, listen } from "./listen.ts";
import { speaker } from "./speaker.ts";

interface Question {
  /** Whether there is nothing on the drawing pad, and it is what the network looks at. */
  isEmpty(): boolean;
  /** What the first network and the other one are called. */
  names(): readonly [string, string];
}

/** @returns what shows the last answer again, for its classes are called otherwise */
export function showAnswers(viewer: ConvCam, { isEmpty, names }: Question): () => void {
  const bars = new ClassBars();
  const comparedBars = new ClassBars();
  const speak = speaker(find("spoken"));
  find("bars").append(bars.element);
  find("compared-bars").append(comparedBars.element);
  let last: ConvCamEvents["results"] | undefined;
  listen(viewer, "reset", () => {
    last = undefined;
    find("answer").hidden = true;
    speak("");
  });
  // What an empty pad is taken for has no reason to be told.
  listen(viewer, "explain", (_, event) => {
    if (isEmpty()) event.preventDefault();
  });
  const show = ({ outputs, top, isTrained }: ConvCamEvents["results"]) => {
    const [scores, others] = outputs;
    const [best] = top;
    // Of zeros, before a picture comes, nothing is told.
    find("answer").hidden = !scores || viewer.input === undefined;
    if (!scores || !best) return;
    const label = classNameOf(viewer.labels, best.index);
    bars.isTrained = isTrained;
    bars.update(scores, viewer.labels);
    const isBlankPad = isEmpty();
    const isNumber = Number.isFinite(best.probability);
    const isAnswer = isTrained && isNumber && !isBlankPad;
    find("top-label").textContent = isBlankPad ? "Draw something" : !isNumber ? "No numbers" : isTrained ? label : "Not trained";
    find("top-share").textContent = isAnswer ? percentOf(best.probability) : "";
    speak(isAnswer ? `The network answers ${label}.` : isNumber ? "" : "The network's scores are not numbers.");
    find("compared-bars").hidden = !others;
    find("own-name").hidden = !others;
    if (!others) return;
    const [own, other] = names();
    const isAlike = others.length === scores.length;
    comparedBars.element.hidden = !isAlike;
    if (isAlike) comparedBars.update(others, viewer.labels);
    find("own-name").textContent = own;
    find("other-name").textContent = isAlike
      ? other
      : `${other} has ${others.length} classes, not ${scores.length}: they are not those named here, and are not shown.`;
  };
  listen(viewer, "results", (results) => {
    last = results;
    show(results);
  });
  return () => last && show(last);
}
