// Pictures that the page's menu saves: a sheet of what is shown, or of every layer, and the explained picture. Loaded with the first.
import { readAppearance } from "../attributes.ts";
import { download } from "../download.ts";
import type { ConvCam } from "../element.ts";
import { fileName } from "./file-name.ts";
import { seenIn } from "./seen.ts";

interface Wanted {
  readonly viewer: ConvCam;
  /** What the network is called. */
  readonly title: string;
  readonly say: (text: string) => void;
}

const layers = (count: number) => `${count} ${count === 1 ? "layer" : "layers"}`;

export async function saveSheet({ viewer, title, say }: Wanted): Promise<void> {
  const { length } = viewer.shadowRoot?.querySelectorAll(".panel") ?? [];
  download(await viewer.ask({ kind: "picture", isSheet: true, ...seenIn(viewer) }), fileName(title, "layers.png"));
  say(`Saved ${layers(length)}, as they are drawn.`);
}

/** The values that end a layer, as the overview has them, and the picture where it is shown. */
export async function saveEveryLayer({ viewer, title, say }: Wanted): Promise<void> {
  const pictures = new Set(Array.from(viewer.shadowRoot?.querySelectorAll(".picture .name") ?? [], ({ textContent }) => textContent));
  const ends = viewer.availableLayers.filter(({ isInsideLayer, isView }) => !isInsideLayer && !isView);
  const values = ends.filter(({ value, operator }) => operator !== "Input" || pictures.has(value)).map(({ value }) => value);
  say(`Drawing ${layers(values.length)}…`);
  download(
    await viewer.ask({ kind: "picture", values, isSheet: true, appearance: readAppearance(viewer) }),
    fileName(title, "every-layer.png"),
  );
  say(`Saved ${layers(values.length)}; those that are not shown were computed for it.`);
}

export async function saveExplanation({ viewer, title, say }: Wanted): Promise<void> {
  download(await viewer.ask({ kind: "explanation" }), fileName(title, viewer.explain, "explained.png"));
  say("Saved the explained picture.");
}
