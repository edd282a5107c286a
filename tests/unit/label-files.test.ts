// Names of classes, as a network's metadata and files beside it hold them.
import { describe, expect, it } from "vitest";
import { labelsInMetadata, readLabels } from "../../src/ui/hints/labels.ts";

describe("names in the metadata", () => {
  it.each([
    ["ultralytics' dictionary", "names", "{0: 'person', 1: 'bicycle', 2: \"driver's seat\"}", ["person", "bicycle", "driver's seat"]],
    ["the same with escapes", "names", String.raw`{0: 'driver\'s', 1: 'b'}`, ["driver's", "b"]],
    ["a list of Python", "classes", "['a', 'b', 'c']", ["a", "b", "c"]],
    ["JSON", "labels", '["a", "b"]', ["a", "b"]],
    ["numbers to names, in any order", "id2label", '{"1": "b", "0": "a"}', ["a", "b"]],
    ["names to numbers", "idx_to_class", '{"b": 1, "a": 0}', ["a", "b"]],
    ["timm's settings", "pretrained_cfg", '{"mean": [0.5], "label_names": ["a", "b"]}', ["a", "b"]],
    ["commas", "class_names", "cat, dog", ["cat", "dog"]],
    ["lines with commas in them", "labels", "tench, Tinca tinca\ngoldfish", ["tench, Tinca tinca", "goldfish"]],
  ])("%s", (_, key, text, names) => {
    expect(labelsInMetadata(new Map([[key, text]]))).toEqual(names);
  });

  it.each([
    ["nothing", {}],
    ["one word", { names: "resnet" }],
    ["settings without names", { config: '{"mean": 1}' }],
    ["a dictionary that does not end", { names: "{0: 'person', 1: 'bic" }],
    ["what is no list of texts", { names: "[1, 2]", classes: "{0: [1]}" }],
    ["a number beyond all classes", { names: '{"1e9": "a", "0": "b"}' }],
  ])("finds none in %s", (_, metadata) => {
    expect(labelsInMetadata(new Map(Object.entries(metadata)))).toBeUndefined();
  });
});

describe("names in a file", () => {
  it.each([
    ["lines, by any system", "a\r\nb\n", ["a", "b"]],
    ["lines that keep their commas and their places", "a, b\n\nc", ["a, b", "", "c"]],
    ["a first class without a name", "\nb\n", ["", "b"]],
    ["JSON after a line's end", '\n["a"]', ["a"]],
    ["a mark of byte order", "\uFEFFa\nb", ["a", "b"]],
    ["a list", '["a","b"]', ["a", "b"]],
    ["a map with gaps", '{"0":"a","2":"c"}', ["a", "class 1", "c"]],
    ["Keras' index of classes", '{"0":["n01440764","tench"],"1":["n01443537","goldfish"]}', ["tench", "goldfish"]],
    ["COCO's categories", '{"categories":[{"id":1,"name":"a"},{"id":2,"name":"b"}]}', ["a", "b"]],
  ])("%s", (_, text, names) => {
    expect(readLabels(text, "names")).toEqual(names);
  });

  it.each([
    ["", "the file is empty. Expected one name per line, or JSON"],
    ["<!DOCTYPE html><html>", "this is a web page"],
    ["{broken", "this JSON holds no names of classes"],
    ["[1, 2]", "this JSON holds no names of classes"],
    ["a\0b", "this is no text"],
  ])("refuses %o", (text, message) => {
    expect(() => readLabels(text, "names.txt")).toThrow(`labels 'names.txt': ${message}`);
  });
});
