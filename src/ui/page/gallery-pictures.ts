// The pictures of the gallery, each with the name that addresses call it by: drawings, a road and shapes that move, and photographs.
import { canvasOf, drawings } from "./drawings.ts";
import { MovingShapes } from "./moving-shapes.ts";
import { loadPhotograph, photographs } from "./photographs.ts";
import { Road } from "./road.ts";

/** Pixels per side of a picture, and of its thumbnail. */
const [pictureSide, thumbnailSide] = [448, 96] as const;

interface SceneHost {
  /** The canvas has another picture. */
  onChange(): void;
  /** Whether anybody looks at it. Otherwise it waits. */
  isShown(canvas: HTMLCanvasElement): boolean;
}

/** What moves by itself on a canvas, and takes keys. */
export interface MovingScene {
  readonly canvas: HTMLCanvasElement;
  start?(): void;
}

export interface GalleryPicture {
  /** As addresses have it. */
  readonly name: string;
  readonly label: string;
  thumbnail(): HTMLElement;
  /** @throws Error that says what to do where it cannot be fetched */
  open(host: SceneHost): HTMLCanvasElement | MovingScene | Promise<Blob>;
}

export const galleryPictures: readonly GalleryPicture[] = [
  ...drawings.map((drawing) => ({
    name: drawing.title.toLowerCase(),
    label: drawing.title,
    thumbnail: () => canvasOf(drawing, thumbnailSide),
    open: () => canvasOf(drawing, pictureSide),
  })),
  scene("road", "Road, to drive along with the arrow keys", Road),
  scene("moving-shapes", "Moving shapes, of which the arrow keys pull one", MovingShapes),
  ...photographs.map((photograph) => ({
    name: `photo-${photograph.title.toLowerCase()}`,
    label: `${photograph.title}, a photograph by ${photograph.author} (${photograph.rights})`,
    thumbnail: () => Object.assign(new Image(thumbnailSide, thumbnailSide), { src: photograph.small, alt: "" }),
    open: () => loadPhotograph(photograph),
  })),
];

/** @throws Error that says which there are */
export function galleryPicture(name: string): GalleryPicture {
  const found = galleryPictures.find((picture) => picture.name === name);
  if (found) return found;
  throw new Error(`There is no picture '${name}' in the gallery. It has ${galleryPictures.map((picture) => picture.name).join(", ")}.`);
}

function scene(name: string, label: string, Scene: typeof Road | typeof MovingShapes): GalleryPicture {
  return {
    ...{ name, label },
    thumbnail() {
      // Of the same look, and never moving.
      const { canvas } = new Scene({ onChange() {}, isShown: () => false });
      for (const attribute of ["tabindex", "role", "aria-label"]) canvas.removeAttribute(attribute);
      return canvas;
    },
    open({ onChange, isShown }) {
      const made: MovingScene = new Scene({ onChange, isShown: () => isShown(made.canvas) });
      return made;
    },
  };
}
