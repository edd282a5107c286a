// The menu that takes along what is shown: a sheet of all layers, or a video, until it is stopped.
import { loadPart } from "../../engine/errors.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import type { Recording } from "../export/recording.ts";
import { find } from "./listen.ts";

interface Saving {
  readonly viewer: ConvCam;
  /** What files are called. */
  title(): string;
}

export function offerSaving({ viewer, title }: Saving): void {
  const [summary, video, why, note] = [find("save-summary"), find("save-video"), find("save-why"), find("save-note")];
  const say = (text: string) => {
    note.textContent = text;
  };
  const trying = (act: () => Promise<void>) => () =>
    act().catch((error: Error) => say(error.name === "AbortError" ? "No network is shown: there is nothing to save." : error.message));
  const loadExport = () => loadPart("that saves", () => import("../export/page-pictures.ts"));
  const saving = (name: "saveSheet" | "saveEveryLayer" | "saveExplanation") =>
    trying(async () => (await loadExport())[name]({ viewer, title: title(), say }));
  find("save-sheet").addEventListener("click", saving("saveSheet"));
  find("save-every").addEventListener("click", saving("saveEveryLayer"));
  why.addEventListener("click", saving("saveExplanation"));
  find("save").addEventListener("toggle", () => {
    why.hidden = viewer.explain === undefined;
  });
  let recording: Recording | undefined;
  let isStarting = false;
  let started = 0;
  /** By the network that was shown when it began. */
  let called = "";
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
      if (isStarting) return;
      clearInterval(timer);
      const ending = recording;
      recording = undefined;
      if (ending) {
        show();
        download(await ending.stop(), `${called}.webm`);
        say("Saved.");
        return;
      }
      isStarting = true;
      called = title();
      try {
        const { Recording } = await loadPart("that records", () => import("../export/recording.ts"));
        recording = await Recording.start(viewer);
      } finally {
        isStarting = false;
      }
      started = performance.now();
      timer = window.setInterval(show, 1000);
      show();
    }),
  );
}
