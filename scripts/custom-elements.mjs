// The custom-elements manifest of the package (https://github.com/webcomponents/custom-elements-manifest), made from the tables of
// docs/embedding.md, so that what editors show is what the documentation says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./steps.mjs";

/**
 * The rows of the table below a heading.
 *
 * @param {string} text
 * @param {string} heading
 * @returns {{ name: string, description: string }[]}
 */
function rowsBelow(text, heading) {
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  return [...own.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name = "", description = ""]) => ({ name, description }));
}

/** @param {string} text of docs/embedding.md */
export function manifestOf(text) {
  const methods = rowsBelow(text, "Methods").map(({ name, description }) => {
    const [, method = name, parameter] = /^(\w+)\((\w*)\)$/.exec(name) ?? [];
    return { kind: "method", name: method, description, ...(parameter && { parameters: [{ name: parameter }] }) };
  });
  const declaration = {
    kind: "class",
    customElement: true,
    name: "ConvCam",
    tagName: "conv-cam",
    description: "An ONNX network, its input and the feature maps of its layers, live.",
    superclass: { name: "HTMLElement" },
    attributes: rowsBelow(text, "Attributes"),
    members: [...rowsBelow(text, "Properties").map((row) => ({ kind: "field", ...row })), ...methods],
    events: rowsBelow(text, "Events").map((row) => ({ ...row, type: { text: "CustomEvent" } })),
    slots: rowsBelow(text, "Slots"),
    cssParts: rowsBelow(text, "Parts"),
    cssProperties: rowsBelow(text, "Custom properties"),
  };
  const own = { name: "ConvCam", module: "dist/element.js" };
  const exported = [
    { kind: "js", name: "ConvCam", declaration: own },
    { kind: "custom-element-definition", name: "conv-cam", declaration: own },
  ];
  const modules = [{ kind: "javascript-module", path: "dist/element.js", declarations: [declaration], exports: exported }];
  return { schemaVersion: "2.1.0", readme: "README.md", modules };
}

export function readManifest() {
  return manifestOf(readFileSync(join(root, "docs/embedding.md"), "utf8"));
}
