// Sources of pictures for a network: a picture, a video, a camera, or any canvas that a page draws on.
import { loadPart } from "../engine/errors.ts";
import { type ArrayImage, sizeOf, type VisibleImage } from "./picture-size.ts";

/** Anything a page may hand over as a source. A string or URL is fetched; "camera" asks for the camera, "camera:ID" for the device of that id. */
export type SourceLike = string | URL | Blob | MediaStream | VisibleImage;

/** Sources that move by themselves. */
export type LiveLike = "camera" | `camera:${string}` | MediaStream | HTMLVideoElement | VideoBlob;

interface VideoBlob extends Blob {
  readonly type: `video/${string}`;
}

export interface FrameSource {
  readonly image: VisibleImage | ArrayImage;
  /** Changes by itself, as a video does. */
  readonly isLive: boolean;
  /** Whether there is a picture at all; a video has none before it starts and while it seeks. */
  isReady(): boolean;
  /** Whether there is a picture that was not taken yet; asking takes it. */
  takeFrame(): boolean;
  /** Stops or continues what plays by itself; a stream continues with what it shows then. */
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
 * @param signal aborted where it is no longer wanted: nothing is left open then
 * @throws AbortError where it is aborted
 * @throws Error with a message for the visitor where there is no camera, no permission, or nothing that can be decoded
 */
export async function openSource(source: SourceLike, signal: AbortSignal): Promise<FrameSource> {
  const opened = await open(source, signal);
  if (!signal.aborted) return opened;
  opened.dispose();
  throw signal.reason;
}

async function open(source: SourceLike, signal: AbortSignal): Promise<FrameSource> {
  if (isLive(source)) return (await loadOnDemand()).openLive(source, signal);
  if (typeof source === "string" || source instanceof URL) return open(await fetchBlob(source, signal), signal);
  if (source instanceof Blob) return openPicture(source);
  if (source instanceof HTMLImageElement) await source.decode();
  return stillSource(source);
}

const loadOnDemand = () => loadPart("for pictures", () => import("./sources-on-demand.ts"));

function isLive(source: SourceLike): source is LiveLike {
  return (
    (typeof source === "string" && /^camera(:|$)/.test(source)) ||
    source instanceof MediaStream ||
    source instanceof HTMLVideoElement ||
    (source instanceof Blob && source.type.startsWith("video/"))
  );
}

function stillSource(image: FrameSource["image"], dispose: () => void = () => undefined): FrameSource {
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
  const whole = await createImageBitmap(blob).catch(() => undefined);
  if (!whole) return stillSource(await (await loadOnDemand()).openArray(blob));
  const isLarge = Math.max(whole.width, whole.height) > largestSide;
  const bitmap = isLarge ? await (await loadOnDemand()).shrinkPicture(blob, whole, largestSide) : whole;
  return stillSource(bitmap, () => bitmap.close());
}

async function fetchBlob(url: string | URL, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(url, { signal }).catch((error) => {
    signal.throwIfAborted();
    throw new Error(`${url} could not be fetched. Check the address and the connection; another site must allow it. (${error.message})`);
  });
  if (!response.ok) throw new Error(`${url}: the server answered ${response.status}.`);
  return response.blob();
}
