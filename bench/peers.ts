// Where the peers' published files are: beside the page when our own server serves them, else at a public mirror of npm.

/** Package, version and folder in it, by the name under bench/peers/. */
export const peerPackages = {
  "onnxruntime-web": { package: "onnxruntime-web", version: "1.30.0" },
  "tfjs-core": { package: "@tensorflow/tfjs-core", version: "4.22.0" },
  "tfjs-webgpu": { package: "@tensorflow/tfjs-backend-webgpu", version: "4.22.0" },
  "tfjs-webgl": { package: "@tensorflow/tfjs-backend-webgl", version: "4.22.0" },
  "jax-js": { package: "@jax-js/jax", version: "0.1.25" },
  "tfjs-wasm": { package: "@tensorflow/tfjs-backend-wasm", version: "4.22.0" },
} as const;

export type PeerFolder = keyof typeof peerPackages;

/** Address of each folder, with a slash at the end. */
export type PeerAddresses = Readonly<Record<PeerFolder | "convcam", string>>;

/** @param page address of the page in bench/ */
export async function locatePeers(page: string): Promise<PeerAddresses> {
  const own = new URL("peers/", page).href;
  const probe = await fetch(`${own}onnxruntime-web/ort.wasm.min.mjs`, { method: "HEAD" });
  // A server that answers every address with its first page has not got the file.
  const isHere = probe.ok && !probe.headers.get("content-type")?.includes("html");
  const addresses = Object.entries(peerPackages).map(([folder, { package: name, version }]) => {
    return [folder, isHere ? `${own}${folder}/` : `https://cdn.jsdelivr.net/npm/${name}@${version}/dist/`];
  });
  return { ...(Object.fromEntries(addresses) as Record<PeerFolder, string>), convcam: `${own}convcam/` };
}
