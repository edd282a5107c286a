// The menu that takes along what is shown: a sheet of all layers, or a video, until it is stopped.
import { loadPart } from "../../engine/errors.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import type { Recording } from "../export/recording.ts";

interface Saving {
  readonly viewer: ConvCam;
  readonly summary: HTMLElement;
  readonly sheet: HTMLButtonElement;
  readonly video: HTMLButtonElement;
  readonly note: HTMLElement;
  /** What files are called. */
  title(): string;
}

export function offerSaving({ viewer, summary, sheet, video, note, title }: Saving): void {
  const say = (text: string) => {
    note.textContent = text;
  };
  const trying = (act: () => Promise<void>) => () =>
    act().catch((error: Error) => say(error.name === "AbortError" ? "No network is shown: there is nothing to save." : error.message));
  sheet.addEventListener(
    "click",
    trying(async () => {
      const { length } = viewer.shadowRoot?.querySelectorAll(".panel") ?? [];
      download(await viewer.ask({ kind: "picture", isSheet: true }), `${title()} layers.png`);
      say(`Saved ${length} ${length === 1 ? "layer" : "layers"}, as they are drawn.`);
    }),
  );
  let recording: Recording | undefined;
  let started = 0;
  let timer = 0;
  const show = () => {
    const isOn = recording !== undefined;
    video.ariaPressed = String(isOn);
    video.textContent = isOn ? "Stop and save" : "Record video (WebM)";
    summary.textContent = isOn ? "● Recording" : "Save";
    if (isOn) say(`${Math.round((performance.now() - started) / 1000)} s recorded. Go on looking around.`);
  };
  video.addEventListener(
    "click",
    trying(async () => {
      clearInterval(timer);
      const ending = recording;
      recording = undefined;
      if (ending) {
        show();
        download(await ending.stop(), `${title()}.webm`);
        say("Saved.");
        return;
      }
      const { Recording } = await loadPart("that records", () => import("../export/recording.ts"));
      recording = await Recording.start(viewer);
      started = performance.now();
      timer = window.setInterval(show, 1000);
      show();
    }),
  );
}
