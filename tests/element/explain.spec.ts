// <conv-cam explain>: heat over the picture, the class chosen by a bar, what is said meanwhile, and what is said when it cannot be.
import { expect, type Page } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam, ConvCamEvents } from "../../src/ui/element.ts";
import { test, visit } from "./fixtures.ts";

type Explained = ConvCamEvents["explain"];

const mnist = "/models/mnist-trained.onnx";

/** Opens elements by id, each with a drawing of a 1, these attributes and a network. */
async function open(page: Page, ids: readonly string[], attributes: Readonly<Record<string, string>>, network: Graph | string = mnist) {
  await visit(page, "worker-mode");
  const source = typeof network === "string" ? network : [...encodeModel(network)];
  await page.evaluate(
    async ([names, given, src]) => {
      await customElements.whenDefined("conv-cam");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(12, 4, 3, 20);
      for (const id of names as string[]) {
        const element = document.getElementById(id) as ConvCam;
        const seen: Explained[] = [];
        Object.assign(element, { seen });
        element.addEventListener("explain", (event) => void seen.push((event as CustomEvent<Explained>).detail));
        for (const [name, value] of Object.entries(given as Record<string, string>)) element.setAttribute(name, value);
        element.input = canvas;
        element.src = typeof src === "string" ? src : new Uint8Array(src as number[]);
      }
    },
    [ids, attributes, source] as const,
  );
}

/** The numbers of the next frame that are so. */
async function nextExplained(page: Page, id: string, wanted: Partial<Explained> = {}): Promise<Explained> {
  const found = await page.waitForFunction(
    ([name, expected]) => {
      const { seen } = document.getElementById(name as string) as unknown as { seen: Explained[] };
      const last = seen.at(-1);
      const isSo = last && Object.entries(expected as object).every(([key, value]) => last[key as keyof Explained] === value);
      return isSo ? last : undefined;
    },
    [id, wanted] as const,
    { timeout: 30_000 },
  );
  return (await found.jsonValue()) as Explained;
}

test("lays the heat over the picture, on the page as in a worker, with the numbers that the library computes", async ({
  sharedPage: page,
}) => {
  await open(page, ["here", "there"], { layers: "conv_2", explain: "grad-cam", labels: "/models/labels/mnist.txt" });
  const here = await nextExplained(page, "here");
  expect(here).toMatchObject({ method: "grad-cam", class: 1, label: "1", isTop: true, nonFiniteCount: 0 });
  expect(here.score).toBeGreaterThan(0.9);
  expect(await nextExplained(page, "there")).toEqual(here);
  await expect(page.locator("#here .why-title")).toHaveText("Why 1?");
  await expect(page.locator("#here .why-detail")).toContainText(`Grad-CAM by ${here.layer} · the top class · score `);
  await expect(page.locator("#here .why-seen")).toContainText("Bright where the layer's maps speak for the class");
  const [own, other] = await Promise.all(["here", "there"].map((id) => page.locator(`#${id} .heat`).screenshot()));
  expect(own?.equals(other as Buffer)).toBe(true);
  const found = await page.evaluate(async (layer) => {
    const element = document.getElementById("here") as ConvCam;
    const viewer = element.viewer as NonNullable<ConvCam["viewer"]>;
    const explanation = await viewer.model.explain({ method: "grad-cam", of: { class: 1 }, layer });
    const map = await explanation.predict({ input_layer: await viewer.model.read("input_layer") });
    explanation.dispose();
    const values = map.toFloat32();
    const [rows = 1, columns = 1] = map.shape.slice(-2);
    const canvas = element.shadowRoot?.querySelector<HTMLCanvasElement>(".heat") as HTMLCanvasElement;
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const context = copy.getContext("2d") as CanvasRenderingContext2D;
    void viewer.frame({ runs: false });
    context.drawImage(canvas, 0, 0);
    const largest = Math.max(...values);
    const middle = (place: number) => {
      const [y, x] = [Math.floor(place / columns), place % columns];
      const at = [((x + 0.5) * canvas.width) / columns, ((y + 0.5) * canvas.height) / rows] as const;
      return [...context.getImageData(at[0], at[1], 1, 1).data];
    };
    return { largest, hot: middle(values.indexOf(largest)), cold: values[0] === 0 ? middle(0) : undefined };
  }, here.layer);
  expect(here.largest).toBeCloseTo(found.largest, 4);
  // Magma's bright end over black or white.
  const [red = 0, green = 0, blue = 0] = found.hot;
  expect(red).toBeGreaterThan(140);
  expect(red - blue).toBeGreaterThan(20);
  expect(green).toBeLessThan(red);
  if (found.cold) expect(found.cold).toEqual([0, 0, 0, 255]);
});
