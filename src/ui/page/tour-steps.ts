// The six steps of the tour: what each points at, what it says, and how one sees that a visitor has done it.
import type { ConvCam } from "../element.ts";
import { setAttribute } from "../state.ts";
import { find } from "./listen.ts";

export interface TourStep {
  readonly title: string;
  readonly text: string;
  /** Undefined until it is there. */
  target(): HTMLElement | undefined;
  /** Goes where the step is about, if somebody is elsewhere. */
  readonly prepare?: () => void;
  /**
   * Calls `done` when the visitor has done it.
   *
   * @param signal ends listening
   */
  watch(done: () => void, signal: AbortSignal): void;
  /** Whether the next step follows by itself. */
  readonly goesOn?: true;
}

export const tourWords = {
  label: "Tour",
  count: (step: number, of: number) => `Step ${step} of ${of}`,
  skip: "Skip the tour",
  back: "Back",
  go: "Go there",
  next: "Next",
  finish: "Finish",
  done: "Done.",
  start: "Take the tour",
} as const;

export function tourSteps(viewer: ConvCam): readonly TourStep[] {
  const inside = (selector: string) => viewer.shadowRoot?.querySelector<HTMLElement>(selector) ?? undefined;
  const isAt = (...views: readonly string[]) => views.includes(viewer.getAttribute("view") ?? "overview");
  const show = (view: string) => () => isAt(view, "pixel") || setAttribute(viewer, "view", view);
  /** When somebody has gone to one of these views. */
  const arrives =
    (...views: readonly string[]) =>
    (done: () => void, signal: AbortSignal) =>
      viewer.addEventListener("navigate", ({ detail }: CustomEventInit) => views.includes(detail.view) && done(), { signal });
  const firstMaps = () => inside(".panel canvas");
  return [
    {
      title: "Draw a digit",
      text: "Press and pull here, or move the pen by arrow keys. Clear takes the old drawing away.",
      target: () => (find("pad").hidden ? find("preview") : find("pad")),
      watch(done, signal) {
        for (const type of ["pointerdown", "keydown"]) find("pad").addEventListener(type, done, { signal });
      },
    },
    {
      title: "Read the answer",
      text: "The network answers at once, whatever you draw. The longest bar is what it takes your drawing for.",
      target: () => (find("answer").hidden ? undefined : find("answer")),
      watch: (done) => done(),
    },
    {
      title: "Look into a layer",
      text: "Each picture in this band is a layer of the network, as it sees your drawing now. Click the second one.",
      target: () => inside(".band-node:nth-of-type(2) [data-id]") ?? inside(".band-node [data-id]"),
      prepare: () => setAttribute(viewer, "view", "overview"),
      watch: arrives("layer", "channel", "pixel"),
      goesOn: true,
    },
    {
      title: "Choose a map",
      text: "The layer asks many questions at once. Each map is the answer to one: bright where the answer is yes. Click a map.",
      target: firstMaps,
      prepare: show("layer"),
      watch: arrives("channel", "pixel"),
      goesOn: true,
    },
    {
      title: "See the sum",
      text: "Every element of a map is a sum. Click one, and read the numbers that it was made of.",
      target: firstMaps,
      prepare: show("channel"),
      watch: arrives("pixel"),
      goesOn: true,
    },
    {
      title: "Ask why",
      text: "“Why?” lays over the picture what speaks for the answer. Now try your own: a network in a file, a picture, your camera.",
      target: () => find("why"),
      watch: (done, signal) => find("why").addEventListener("click", done, { signal }),
    },
  ];
}
