// Sources of pictures for a network: a picture, a video, a camera, or any canvas that a page draws on.
import { sizeOf, type VisibleImage } from "./picture-size.ts";

/** Anything a page may hand over as a source. A string or URL is fetched; "camera" asks for the camera. */
export type SourceLike = string | URL | Blob | MediaStream | VisibleImage;

/** Sources that move by themselves. */
export type LiveLike = "camera" | MediaStream | HTMLVideoElement | VideoBlob;

interface VideoBlob extends Blob {
  readonly type: `video/${string}`;
}

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

/**
 * Opens a source.
 *
 * @throws Error with a message for the visitor where there is no camera, no permission, or nothing that can be decoded
 */
export async function openSource(source: SourceLike): Promise<FrameSource> {
  if (isLive(source)) return (await import("./live-sources.ts")).openLive(source);
  if (typeof source === "string" || source instanceof URL) return openSource(await fetchBlob(source));
  if (source instanceof Blob) return openPicture(source);
  if (source instanceof HTMLImageElement) await source.decode();
  return stillSource(source);
}

function isLive(source: SourceLike): source is LiveLike {
  return (
    source === "camera" ||
    source instanceof MediaStream ||
    source instanceof HTMLVideoElement ||
    (source instanceof Blob && source.type.startsWith("video/"))
  );
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

/** Pixels of the longer side of a picture that is kept. No network of today sees more. */
const largestSide = 4096;

async function openPicture(blob: Blob): Promise<FrameSource> {
  const bitmap = await decode(blob).catch(() => {
    throw new Error(
      `This file is no picture the browser can decode${blob.type ? ` (${blob.type})` : ""}. Try PNG, JPEG, WebP or an MP4 video.`,
    );
  });
  return stillSource(bitmap, () => bitmap.close());
}

/** Shrinks what is too large beside the page's own thread, which copies every pixel for each upload. */
async function decode(blob: Blob): Promise<ImageBitmap> {
  const whole = await createImageBitmap(blob);
  const share = largestSide / Math.max(whole.width, whole.height);
  if (share >= 1) return whole;
  const shrunk = (side: number) => Math.max(1, Math.round(side * share));
  const options = { resizeWidth: shrunk(whole.width), resizeHeight: shrunk(whole.height), resizeQuality: "high" } as const;
  whole.close();
  return createImageBitmap(blob, options);
}

async function fetchBlob(url: string | URL): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answered ${response.status}.`);
  return response.blob();
}
