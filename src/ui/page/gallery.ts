// The gallery: pictures drawn by us, a road and shapes that move, and photographs. Loaded when the tab of pictures is first opened.
import type { ConvCam } from "../element.ts";
import { canvasOf, drawings } from "./drawings.ts";
import { MovingShapes } from "./moving-shapes.ts";
import { creditLine, loadPhotograph, photographs } from "./photographs.ts";
import { Road } from "./road.ts";

export { creditLine };

/** Pixels per side of a picture, and of its thumbnail. */
const [pictureSide, thumbnailSide] = [448, 96] as const;

type Picture = HTMLCanvasElement | Blob;

interface GalleryHost {
  readonly viewer: ConvCam;
  readonly show: (picture: Picture) => void;
  /** Shows what has to be fetched first, unless another picture was chosen meanwhile. */
  readonly showLater: (load: () => Promise<Picture>) => void;
}

/** What moves by itself on a canvas, and takes keys. */
interface MovingScene {
  readonly canvas: HTMLCanvasElement;
  start?(): void;
}

interface SceneHost {
  onChange(): void;
  isShown(): boolean;
}

export class PictureGallery {
  readonly #host: GalleryHost;
  /** With the picture of each that was shown. */
  readonly #buttons = new Map<HTMLButtonElement, Picture | undefined>();
  readonly #scenes = new Map<unknown, MovingScene>();
  /** Whether a scene was chosen, and is not shown yet: then keys drive it at once. */
  #wantsFocus = false;

  /** @param box is filled with one button for each picture */
  constructor(box: HTMLElement, host: GalleryHost) {
    this.#host = host;
    for (const drawing of drawings) this.#addDrawn(drawing.title, canvasOf(drawing, thumbnailSide), () => canvasOf(drawing, pictureSide));
    this.#addScene("Road, to drive along with the arrow keys", (scene) => new Road(scene));
    this.#addScene("Moving shapes, of which the arrow keys pull one", (scene) => new MovingShapes(scene));
    for (const photograph of photographs) {
      const { title, small, author, rights } = photograph;
      const image = Object.assign(new Image(thumbnailSide, thumbnailSide), { src: small, alt: "" });
      const label = `${title}, a photograph by ${author} (${rights})`;
      const button = this.#addButton(image, label, () =>
        this.#host.showLater(async () => {
          const picture = this.#buttons.get(button) ?? (await loadPhotograph(photograph));
          this.#buttons.set(button, picture);
          return picture;
        }),
      );
    }
    box.replaceChildren(...this.#buttons.keys());
    host.viewer.addEventListener("input", () => this.#mark());
  }

  showFirst(): void {
    this.#buttons.keys().next().value?.click();
  }

  #addDrawn(title: string, thumbnail: HTMLCanvasElement, draw: () => HTMLCanvasElement): void {
    const button = this.#addButton(thumbnail, title, () => {
      const picture = this.#buttons.get(button) ?? draw();
      this.#buttons.set(button, picture);
      this.#host.show(picture);
    });
  }

  #addScene(label: string, make: (host: SceneHost) => MovingScene): void {
    const { viewer } = this.#host;
    // Of the same look, and never moving.
    const thumbnail = make({ onChange() {}, isShown: () => false }).canvas;
    for (const name of ["tabindex", "role", "aria-label"]) thumbnail.removeAttribute(name);
    let scene: MovingScene | undefined;
    const button = this.#addButton(thumbnail, label, () => {
      scene ??= make({ onChange: () => viewer.refresh(), isShown: () => viewer.input === scene?.canvas && !viewer.paused });
      this.#buttons.set(button, scene.canvas);
      this.#scenes.set(scene.canvas, scene);
      this.#wantsFocus = true;
      this.#host.show(scene.canvas);
    });
  }

  #addButton(thumbnail: HTMLElement, label: string, onClick: () => void): HTMLButtonElement {
    const button = Object.assign(document.createElement("button"), { type: "button", title: label });
    button.ariaLabel = label;
    button.ariaPressed = "false";
    button.append(thumbnail);
    button.addEventListener("click", onClick);
    this.#buttons.set(button, undefined);
    return button;
  }

  #mark(): void {
    const { input } = this.#host.viewer;
    for (const [button, picture] of this.#buttons) button.ariaPressed = String(picture !== undefined && picture === input);
    const scene = this.#scenes.get(input);
    scene?.start?.();
    if (this.#wantsFocus) scene?.canvas.focus({ preventScroll: true });
    this.#wantsFocus = false;
  }
}
