// Serves the peers' files from node_modules under bench/peers/, and isolates the bench's pages so that WebAssembly gets threads.
import { createReadStream, existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, extname, join } from "node:path";
import type { Plugin } from "vite";
import { peerPackages } from "./peers.ts";

/** Where each folder's files lie. Convcam's is there once the library was built. */
const folders: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(peerPackages).map(([folder, { package: name }]) => [folder, `node_modules/${name}/dist`])),
  convcam: "dist",
};

const types: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm" };

export function peers(): Plugin {
  let root = "";
  const serve = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const path = new URL(request.url ?? "", "http://localhost").pathname;
    if (!/\/bench(\.html$|\/)/.test(path)) {
      next();
      return;
    }
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const [, folder = "", file = ""] = /\/bench\/peers\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    const source = folders[folder];
    const full = source ? join(root, source, basename(file)) : "";
    const type = types[extname(file)];
    if (!source || !type || !existsSync(full)) {
      next();
      return;
    }
    response.setHeader("Content-Type", type);
    response.setHeader("Cache-Control", "max-age=3600");
    createReadStream(full).pipe(response);
  };
  return {
    name: "convcam-bench-peers",
    configResolved(config) {
      root = config.root;
    },
    // Its threads run the text of this function, in which a variable of the scope around it is missing: without this, they never start.
    transform: {
      filter: { id: /tfjs-backend-wasm-threaded-simd\.js/ },
      handler: (code) => code.replace(/function\(WasmBackendModuleThreadedSimd\) \{/, "$& var _scriptDir;"),
    },
    configureServer: ({ middlewares }) => void middlewares.use(serve),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(serve),
  };
}
