// Sources that move by themselves: a video, a camera or any stream.
import type { FrameSource, LiveLike } from "./sources.ts";
import { stepSeconds } from "./step-seconds.ts";

/**
 * @param signal aborted where it is no longer wanted: nothing is left open then
 * @throws Error with a message for the visitor where there is no camera, no permission, or nothing that can be decoded
 */
export async function openLive(source: LiveLike, signal: AbortSignal): Promise<FrameSource> {
  if (typeof source === "string") return openStream(await openCamera(source.slice("camera:".length)), true, signal);
  if (source instanceof MediaStream) return openStream(source, false, signal);
  return source instanceof HTMLVideoElement ? videoSource(source, () => undefined) : openVideo(source, signal);
}

/** A stream in a video of the page's own is left to the page. */
function videoSource(video: HTMLVideoElement, dispose: () => void, isOwn = video.srcObject === null): FrameSource {
  let lastTime = Number.NaN;
  let isHeld = false;
  return {
    image: video,
    isLive: true,
    ...(isOwn && {
      setPlaying(isPlaying: boolean) {
        isHeld = !isPlaying;
        if (isPlaying) video.play().catch(() => undefined);
        else video.pause();
      },
      async step() {
        await (video.srcObject ? nextOfStream(video) : stepFile(video));
        if (isHeld) video.pause();
      },
    }),
    isReady: () => video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0,
    takeFrame() {
      if (video.currentTime === lastTime) return false;
      lastTime = video.currentTime;
      return true;
    },
    dispose,
  };
}

async function stepFile(video: HTMLVideoElement): Promise<void> {
  const seeked = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
  video.currentTime = (video.currentTime + stepSeconds) % (video.duration || Infinity);
  await seeked;
}

/** Of what goes on meanwhile the next picture is that of now. */
async function nextOfStream(video: HTMLVideoElement): Promise<void> {
  const done = new AbortController();
  const next = new Promise<unknown>((resolve) => {
    video.requestVideoFrameCallback(resolve);
    // The stream is let go of.
    video.addEventListener("emptied", resolve, done);
  });
  await video.play().catch(() => undefined);
  await next;
  done.abort();
}

async function openVideo(blob: Blob, signal: AbortSignal): Promise<FrameSource> {
  const url = URL.createObjectURL(blob);
  const video = Object.assign(document.createElement("video"), { src: url, muted: true, loop: true, playsInline: true });
  const release = () => {
    video.pause();
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  };
  await start(video, release, signal, `The browser cannot play this video (${blob.type}). Try MP4 (H.264) or WebM.`);
  return videoSource(video, release);
}

async function openStream(stream: MediaStream, isOwned: boolean, signal: AbortSignal): Promise<FrameSource> {
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  video.srcObject = stream;
  const release = () => {
    video.pause();
    video.srcObject = null;
    if (isOwned) for (const track of stream.getTracks()) track.stop();
  };
  await start(video, release, signal, "The camera's picture cannot be played. Close what else uses the camera and try again.");
  const source = videoSource(video, release, true);
  return isOwned ? { ...source, ended: endOf(stream) } : source;
}

/** Plays; where that fails, or is no longer wanted, lets go of everything. A stream without pictures never begins. */
async function start(video: HTMLVideoElement, release: () => void, signal: AbortSignal, refusal: string): Promise<void> {
  const abort = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  try {
    signal.throwIfAborted();
    await Promise.race([video.play(), abort]);
  } catch {
    release();
    throw signal.aborted ? signal.reason : new Error(refusal);
  }
}

/** A camera ends when it is unplugged or its permission withdrawn, not when we stop it. */
function endOf(stream: MediaStream): Promise<Error> {
  return new Promise((resolve) => {
    const error = new Error("The camera is gone: it was unplugged, or its permission withdrawn. Connect or allow it and try again.");
    for (const track of stream.getVideoTracks()) track.addEventListener("ended", () => resolve(error), { once: true });
  });
}

/** @param id of the device; empty for the one that looks away from the visitor, where there are several */
async function openCamera(id: string): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia)
    throw new Error("This page may not use a camera: browsers allow it over https or on localhost only.");
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { ...(id ? { deviceId: { exact: id } } : { facingMode: "environment" }), width: { ideal: 640 } },
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError") throw new Error("The camera was not allowed. Allow it in the browser's address bar and try again.");
    if (name === "OverconstrainedError" && id)
      throw new Error("This camera is not there any more. Connect it again, or choose another one.");
    if (name === "NotFoundError") throw new Error("No camera was found. Connect one, or drop a picture or video instead.");
    throw new Error(`The camera could not be opened: ${(error as Error).message}`);
  }
}
