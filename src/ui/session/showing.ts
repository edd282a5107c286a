// What looks through a network and draws its values. Loaded while the network is; the package has it in one file, see vite.config.ts.
export { observedBy } from "../scene.ts";
export { Viewer } from "../viewer.ts";
export { fetchKinds } from "../views/view.ts";
export { describe } from "./describe.ts";
