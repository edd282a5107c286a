// The network that the bench was opened with: by `?src=` an address, by `?build=` one of models/, by `?opened` a file that the page hands over.
import { buildGraph } from "../../models/index.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { takeOver } from "../../src/handed-over.ts";
export interface Given {
  readonly case: { readonly name: string; readonly kind: "network" };
  readonly file: Uint8Array<ArrayBuffer>;
}

/**
 * @param search of the page's address
 * @returns undefined where it says no network
 * @throws Error that says what to do
 */
export async function readGiven(search: string): Promise<Given | undefined> {
  const query = new URLSearchParams(search);
  const [src, build] = [query.get("src"), query.get("build")];
  if (src) {
    const name = query.get("name") || src.split(/[?#]/)[0]?.split("/").at(-1) || src;
    const response = await fetch(src).catch((error: Error) => {
      throw new Error(
        `'${src}' could not be downloaded: ${error.message}. Another site has to allow it; else save the file and open it here.`,
      );
    });
    if (!response.ok) throw new Error(`'${src}' could not be downloaded: the server answered ${response.status}.`);
    return { case: { name, kind: "network" }, file: new Uint8Array(await response.arrayBuffer()) };
  }
  if (build)
    return { case: { name: build, kind: "network" }, file: encodeModel(buildGraph(build, { seed: 1 })) as Uint8Array<ArrayBuffer> };
  if (!query.has("opened")) return undefined;
  const [file] = (await takeOver("bench").catch(() => undefined)) ?? [];
  if (!file) throw new Error("The network that was open on the page is not kept here any more: choose its file as your own.");
  return { case: { name: file.name, kind: "network" }, file: new Uint8Array(await file.arrayBuffer()) };
}
