// What is said beside the message that a network could not be downloaded: a browser does not tell that another site lets no page read it.
import { expect, it } from "vitest";
import { adviceFor } from "../../src/ui/problem.ts";

const failed = (address: string) => `'${address}' could not be downloaded: Failed to fetch. Check the address and the connection.`;

it.each([
  ["https://other.example/net.onnx", "https://here.example/", /^other\.example does not answer, or .* \(CORS\).* Save the file/],
  ["http://other.example/net.onnx", "https://here.example/", /try https/],
  ["net.onnx", "https://here.example/", /^$/],
  ["https://here.example/net.onnx", "https://here.example/page/", /^$/],
])("of %s on %s", (address, base, advice) => {
  expect(adviceFor(failed(address), base) ?? "").toMatch(advice);
});

it("is of the file that is missing, where weights lie beside the network", () => {
  expect(adviceFor(`'https://one.example/net.onnx': ${failed("https://two.example/net.data")}`, "https://here.example/")).toContain(
    "two.example",
  );
});

it("has nothing to add to an answer of the server, or to any other message", () => {
  for (const message of ["'https://other.example/a' could not be downloaded: the server answered 404 .", "input 'x': expected float32."])
    expect(adviceFor(message, "https://here.example/")).toBeUndefined();
});
