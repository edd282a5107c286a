// Examples to copy: the code that stands on the page is what runs above it. Networks and pictures of ours are at other addresses in the built site.
import digitUrl from "../../../models/digit.png?url&no-inline";
import "../element.ts";
import { make } from "../make.ts";
import { findNetwork, openNetwork } from "./networks.ts";
import { offerSkip } from "./skip-link.ts";

async function addressesOf(): Promise<ReadonlyMap<string, string>> {
  const entry = findNetwork("mnist-trained");
  const network = entry && (await openNetwork(entry));
  return new Map([
    ["models/mnist-trained.onnx", String(network)],
    ["models/digit.png", digitUrl],
  ]);
}

/** Runs the code of an example. */
function run(code: string, addresses: ReadonlyMap<string, string>): readonly Element[] {
  const { body } = new DOMParser().parseFromString(code, "text/html");
  for (const element of body.querySelectorAll("conv-cam"))
    for (const name of ["src", "input"]) {
      const address = addresses.get(element.getAttribute(name) ?? "");
      if (address) element.setAttribute(name, address);
    }
  return [...body.children];
}

/** Where the browser does not let a page write to the clipboard, the text is marked to be copied by hand. */
function copyButton(code: HTMLElement): readonly HTMLElement[] {
  const button = make("button", "", "Copy");
  const said = make("span", "copied");
  button.type = "button";
  said.role = "status";
  button.addEventListener("click", async () => {
    getSelection()?.selectAllChildren(code);
    const isDone = await navigator.clipboard.writeText(code.textContent ?? "").then(
      () => true,
      () => false,
    );
    said.textContent = isDone ? "Copied." : "Marked: copy it with Ctrl+C.";
  });
  return [button, said];
}

offerSkip();
const addresses = await addressesOf();
for (const section of document.querySelectorAll("section")) {
  const [stage, code] = [section.querySelector(".stage"), section.querySelector("code")];
  if (!stage || !code) continue;
  stage.append(...run(code.textContent ?? "", addresses));
  section.append(...copyButton(code));
}
