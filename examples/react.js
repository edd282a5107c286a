// A network in a React app (19 or later). Attributes are props, and `src`, `input` and `gates` take objects as well. Without JSX, so that any
// bundler takes it as it is: `npm install convcam react react-dom`.
import { createElement, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import "convcam/element";

function Network({ src, input }) {
  const viewer = useRef(null);
  const [answer, setAnswer] = useState("…");
  const [isPlain, setPlain] = useState(false);
  useEffect(() => {
    const element = viewer.current;
    const onResults = ({ detail }) => setAnswer(detail.top[0].label);
    element.addEventListener("results", onResults);
    return () => element.removeEventListener("results", onResults);
  }, []);
  return createElement(
    "section",
    null,
    createElement("p", { id: "answer" }, `It reads ${answer}.`),
    createElement("button", { type: "button", onClick: () => setPlain(!isPlain) }, isPlain ? "All maps" : "The first channel off"),
    createElement("conv-cam", {
      ref: viewer,
      src,
      input,
      layers: "conv_1",
      loading: "lazy",
      controls: true,
      gates: isPlain ? [{ value: "conv_1", channel: 0, scale: 0 }] : [],
    }),
  );
}

createRoot(document.getElementById("app")).render(
  createElement(Network, { src: "../models/mnist-trained.onnx", input: "../models/digit.png" }),
);
