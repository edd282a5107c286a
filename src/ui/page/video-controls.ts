// Under a video: where it is, and a bar to go elsewhere, and whether it begins again. It plays and pauses with the network, and steps with it frame by frame.
import type { ConvCam } from "../element.ts";
import { stepSeconds } from "../step-seconds.ts";
import { find } from "./listen.ts";

/** Shows the bar while a video file is what the network looks at. */
export function offerVideoControls(viewer: ConvCam): void {
  const [box, bar, time] = [find("video-controls"), find<HTMLInputElement>("video-seek"), find("video-time")];
  const loop = find<HTMLInputElement>("video-loop");
  let video: HTMLVideoElement | undefined;
  let listening = new AbortController();
  const show = () => {
    if (!video) return;
    const { currentTime, duration } = video;
    const isKnown = Number.isFinite(duration);
    bar.hidden = !isKnown;
    bar.max = String(isKnown ? duration : 0);
    bar.value = String(currentTime);
    const text = isKnown ? `${clock(currentTime)} of ${clock(duration)}` : `${clock(currentTime)}; this video does not say how long it is`;
    time.textContent = text;
    bar.ariaValueText = text;
  };
  viewer.addEventListener("input", () => {
    listening.abort();
    listening = new AbortController();
    const { picture } = viewer;
    video = picture instanceof HTMLVideoElement && picture.srcObject === null ? picture : undefined;
    box.hidden = !video;
    if (video) video.loop = loop.checked;
    for (const name of ["timeupdate", "durationchange", "seeked"]) video?.addEventListener(name, show, { signal: listening.signal });
    show();
  });
  loop.addEventListener("change", () => {
    if (!video) return;
    video.loop = loop.checked;
    // One that has come to its end goes on from its beginning.
    if (loop.checked && video.ended && !viewer.paused) void video.play().catch(() => undefined);
  });
  bar.addEventListener("input", () => {
    if (!video) return;
    video.currentTime = Number(bar.value);
    if (!viewer.paused) return;
    // While paused nothing looks at the video but a step, which goes on by one frame.
    video.currentTime = Math.max(0, Number(bar.value) - stepSeconds);
    void viewer.step();
  });
}

/** Seconds as 1:02.4. Pure. */
export function clock(seconds: number): string {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const rest = String(Math.floor(tenths / 10) % 60).padStart(2, "0");
  return `${Math.floor(tenths / 600)}:${rest}.${tenths % 10}`;
}
