// Serves the peers' files from node_modules under bench/peers/, and isolates the bench's pages so that WebAssembly gets threads.
import { createReadStream, existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, extname, join } from "node:path";
import type { Plugin } from "vite";

const folders: Readonly<Record<string, string>> = {
  "onnxruntime-web": "node_modules/onnxruntime-web/dist",
  tfjs: "node_modules/@tensorflow/tfjs-backend-wasm/dist",
};

const types: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm" };

export function peers(): Plugin {
  let root = "";
  const serve = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const path = new URL(request.url ?? "", "http://localhost").pathname;
    if (!/\/bench(\.html$|\/)/.test(path)) return next();
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const [, folder = "", file = ""] = /\/bench\/peers\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    const source = folders[folder];
    const full = source ? join(root, source, basename(file)) : "";
    const type = types[extname(file)];
    if (!source || !type || !existsSync(full)) return next();
    response.setHeader("Content-Type", type);
    response.setHeader("Cache-Control", "max-age=3600");
    createReadStream(full).pipe(response);
  };
  return {
    name: "convcam-bench-peers",
    configResolved(config) {
      root = config.root;
    },
    configureServer: ({ middlewares }) => void middlewares.use(serve),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(serve),
  };
}
