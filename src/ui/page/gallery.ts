// The gallery of pictures drawn by us, and the road to drive along. Loaded when the tab of pictures is first opened.
import type { ConvCam } from "../element.ts";
import { canvasOf, drawings } from "./drawings.ts";
import { Road } from "./road.ts";

/** Pixels per side of a picture, and of its thumbnail. */
const [pictureSide, thumbnailSide] = [448, 96] as const;

interface GalleryHost {
  readonly viewer: ConvCam;
  readonly show: (picture: HTMLCanvasElement) => void;
}

export class PictureGallery {
  readonly #host: GalleryHost;
  /** With the picture of each that was shown. */
  readonly #buttons = new Map<HTMLButtonElement, HTMLCanvasElement | undefined>();
  #road: Road | undefined;
  /** Whether the road was chosen, and is not shown yet: then keys drive at once. */
  #wantsFocus = false;

  /** @param box is filled with one button for each picture */
  constructor(box: HTMLElement, host: GalleryHost) {
    this.#host = host;
    for (const drawing of drawings) this.#add(drawing.title, canvasOf(drawing, thumbnailSide), () => canvasOf(drawing, pictureSide));
    const { viewer } = host;
    const road = () => {
      this.#road ??= new Road({ onChange: () => viewer.refresh(), isShown: () => viewer.input === this.#road?.canvas && !viewer.paused });
      return this.#road.canvas;
    };
    this.#add("Road", new Road({ onChange() {}, isShown: () => false }).canvas, road, "Road, to drive along with the arrow keys");
    box.replaceChildren(...this.#buttons.keys());
    viewer.addEventListener("input", () => this.#mark());
  }

  showFirst(): void {
    this.#buttons.keys().next().value?.click();
  }

  #add(title: string, thumbnail: HTMLCanvasElement, picture: () => HTMLCanvasElement, label = title): void {
    const button = Object.assign(document.createElement("button"), { type: "button", title: label });
    button.ariaLabel = label;
    button.ariaPressed = "false";
    thumbnail.removeAttribute("tabindex");
    thumbnail.removeAttribute("role");
    thumbnail.ariaLabel = null;
    button.append(thumbnail);
    button.addEventListener("click", () => {
      const shown = this.#buttons.get(button) ?? picture();
      this.#buttons.set(button, shown);
      this.#host.show(shown);
      this.#wantsFocus = shown === this.#road?.canvas;
    });
    this.#buttons.set(button, undefined);
  }

  #mark(): void {
    const { input } = this.#host.viewer;
    for (const [button, picture] of this.#buttons) button.ariaPressed = String(picture !== undefined && picture === input);
    if (this.#wantsFocus) this.#road?.canvas.focus({ preventScroll: true });
    this.#wantsFocus = false;
  }
}
