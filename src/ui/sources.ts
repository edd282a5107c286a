// What a network can look at: a picture, a video, a camera, or any canvas a page draws on.
import { sizeOf, type VisibleImage } from "./image-input.ts";

/** Anything a page may hand over as a source. A string or URL is fetched; "camera" asks for the camera. */
export type SourceLike = string | URL | Blob | MediaStream | VisibleImage;

export interface FrameSource {
  readonly image: VisibleImage;
  /** Changes by itself, as a video does. */
  readonly isLive: boolean;
  /** Whether there is a picture at all; a video has none before it starts and while it seeks. */
  isReady(): boolean;
  /** Whether there is a picture that was not taken yet; asking takes it. */
  takeFrame(): boolean;
  /** Stops or continues what plays by itself; a camera goes on. */
  setPlaying?(isPlaying: boolean): void;
  /** Goes on by one picture while stopped. */
  step?(): Promise<void>;
  /** Resolves when there will be no further picture, with what to tell the visitor. */
  readonly ended?: Promise<Error>;
  dispose(): void;
}

/** Seconds that a step moves a video by: one frame at 25 per second. */
const stepSeconds = 0.04;

/**
 * Opens a source.
 *
 * @throws Error with a message for the visitor where there is no camera, no permission, or nothing that can be decoded
 */
export async function openSource(source: SourceLike): Promise<FrameSource> {
  if (source === "camera") return openStream(await openCamera(), true);
  if (source instanceof MediaStream) return openStream(source, false);
  if (source instanceof HTMLVideoElement) return videoSource(source, () => undefined);
  if (typeof source === "string" || source instanceof URL) return openBlob(await fetchBlob(source));
  if (source instanceof Blob) return openBlob(source);
  if (source instanceof HTMLImageElement) await source.decode();
  return stillSource(source);
}

function stillSource(image: VisibleImage, dispose: () => void = () => undefined): FrameSource {
  let isNew = true;
  return {
    image,
    isLive: false,
    isReady: () => sizeOf(image).width > 0,
    takeFrame() {
      const wasNew = isNew;
      isNew = false;
      return wasNew;
    },
    dispose,
  };
}

function videoSource(video: HTMLVideoElement, dispose: () => void): FrameSource {
  let lastTime = Number.NaN;
  const isFile = video.srcObject === null;
  return {
    image: video,
    isLive: true,
    ...(isFile && {
      setPlaying(isPlaying: boolean) {
        if (isPlaying) video.play().catch(() => undefined);
        else video.pause();
      },
      async step() {
        const seeked = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
        video.currentTime = (video.currentTime + stepSeconds) % (video.duration || Infinity);
        await seeked;
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

async function openBlob(blob: Blob): Promise<FrameSource> {
  if (!blob.type.startsWith("video/")) {
    const bitmap = await createImageBitmap(blob).catch(() => {
      throw new Error(
        `This file is no picture the browser can decode${blob.type ? ` (${blob.type})` : ""}. Try PNG, JPEG, WebP or an MP4 video.`,
      );
    });
    return stillSource(bitmap, () => bitmap.close());
  }
  const url = URL.createObjectURL(blob);
  const video = Object.assign(document.createElement("video"), { src: url, muted: true, loop: true, playsInline: true });
  const release = () => {
    video.pause();
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  };
  try {
    await video.play();
  } catch {
    release();
    throw new Error(`The browser cannot play this video (${blob.type}). Try MP4 (H.264) or WebM.`);
  }
  return videoSource(video, release);
}

async function openStream(stream: MediaStream, isOwned: boolean): Promise<FrameSource> {
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  video.srcObject = stream;
  await video.play();
  const source = videoSource(video, () => {
    video.pause();
    video.srcObject = null;
    if (isOwned) for (const track of stream.getTracks()) track.stop();
  });
  return isOwned ? { ...source, ended: endOf(stream) } : source;
}

/** A camera ends when it is unplugged or its permission withdrawn, not when we stop it. */
function endOf(stream: MediaStream): Promise<Error> {
  return new Promise((resolve) => {
    const error = new Error("The camera is gone: it was unplugged, or its permission withdrawn. Connect or allow it and try again.");
    for (const track of stream.getVideoTracks()) track.addEventListener("ended", () => resolve(error), { once: true });
  });
}

async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia)
    throw new Error("This page may not use a camera: browsers allow it over https or on localhost only.");
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 640 } } });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError") throw new Error("The camera was not allowed. Allow it in the browser's address bar and try again.");
    if (name === "NotFoundError") throw new Error("No camera was found. Connect one, or drop a picture or video instead.");
    throw new Error(`The camera could not be opened: ${(error as Error).message}`);
  }
}

async function fetchBlob(url: string | URL): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answered ${response.status}.`);
  return response.blob();
}
