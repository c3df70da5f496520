import assert from "node:assert/strict";
import test from "node:test";

import { clipped, contained, shared, sheetOf } from "../../../widgets/base/seen_pictures.js";
import { prepare, showAgain, stateWithout, stillOutput } from "../../../widgets/base/still.js";

const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";
const SEEN = { picture: "data:image/jpeg;base64,AAAA", caption: "starter · <512x512>" };

/** Outputs as JupyterLab's `OutputAreaModel` has them. */
function area(...list) {
  return {
    list,
    get length() {
      return list.length;
    },
    get: (place) => list[place],
    set: (place, output) => (list[place] = output),
    add: (output) => list.push(output),
  };
}

function notebook(metadata, ...areas) {
  return {
    cells: [{ type: "markdown" }, ...areas.map((outputs) => ({ outputs }))],
    metadata,
    getMetadata: (name) => metadata[name],
    setMetadata: (name, value) => (metadata[name] = value),
    deleteMetadata: (name) => delete metadata[name],
  };
}

const stills = (...seen) => new Map(seen.map((one, number) => [number ? `root${number}` : "root", () => one]));

const viewOf = (id) => ({ data: { [VIEW]: { model_id: id } }, metadata: {} });

test("a widget goes out of the state with all that it refers to, and nothing else does", () => {
  const state = {
    root: { state: { children: ["IPY_MODEL_a", "IPY_MODEL_b"], layout: "IPY_MODEL_l" } },
    a: { state: { layers: [{ canvas: "c" }], text: "other" } },
    b: { state: { children: ["IPY_MODEL_root"], painter: "anywidget:p" } },
    p: { state: {} },
    c: { state: {} },
    l: { state: {} },
    slider: { state: { layout: "IPY_MODEL_own" } },
    own: { state: {} },
    aside: { state: { _dom_classes: ["sketchlab-keys"], children: ["IPY_MODEL_a", "IPY_MODEL_guard"] } },
    guard: { state: {} },
    still: { state: { root: "root" } },
    link: { model_name: "LinkModel", state: { source: ["IPY_MODEL_a", "value"], target: ["IPY_MODEL_b", "value"] } },
  };
  const rest = stateWithout({ version_major: 2, state }, new Set(["root"]));
  assert.deepEqual(Object.keys(rest.state), ["slider", "own"]);
  assert.equal(rest.version_major, 2);
  assert.equal(stateWithout({ state: { root: state.root, l: state.l } }, new Set(["root"])), null);
});

test("a notebook that is written gets one still in the widget's cell, the newest", () => {
  const outputs = area({ data: {}, metadata: {} }, viewOf("root"));
  const metadata = { widgets: { [STATE]: { state: { root: { state: {} } } } } };
  const written = notebook(metadata, area(viewOf("another")), outputs);
  prepare(written, stills({ picture: "", caption: "" }));
  prepare(written, stills(SEEN));
  assert.equal(outputs.length, 3);
  const { data, output_type } = outputs.get(2);
  assert.equal(output_type, "display_data");
  assert.match(data["text/html"], /<img src="data:image\/jpeg;base64,AAAA" alt="starter · &#60;512x512&#62;">/);
  assert.deepEqual(metadata, {}, "nothing is left of the state");
});

test("what is the same is not shown anew, and a notebook without the widget is left alone", () => {
  const outputs = area(viewOf("root"), stillOutput("root", SEEN));
  outputs.set = () => assert.fail("it is the same");
  prepare(notebook({}, outputs), stills(SEEN));
  const elsewhere = area(viewOf("another"));
  prepare(notebook({}, elsewhere), stills(SEEN));
  assert.equal(elsewhere.length, 1);
});

test("a still that is there stays as long as there is no picture", () => {
  const outputs = area(viewOf("root"), stillOutput("root", SEEN));
  prepare(notebook({}, outputs), stills({ picture: "", caption: "" }));
  assert.match(outputs.get(1).data["text/html"], /AAAA/);
});

test("of a widget whose cell was run again no state is left, and of one that is a part of another all", () => {
  const state = { root: { state: {} }, still: { state: { root: "root" } }, box: { state: {} } };
  const metadata = { widgets: { [STATE]: { state } } };
  const written = notebook(metadata, area(viewOf("box")));
  state.box.state.children = ["IPY_MODEL_root"];
  prepare(written, stills(SEEN));
  assert.equal(metadata.widgets[STATE].state, state);
  state.box.state.children = [];
  prepare(written, stills(SEEN));
  assert.deepEqual(Object.keys(metadata.widgets[STATE].state), ["box"]);
});

test("a notebook of very many widgets is looked through once for all stills", () => {
  let looks = 0;
  const values = Object.freeze({ get children() { looks++; return []; } });
  const state = Object.fromEntries(Array.from({ length: 500 }, (_, number) => [`w${number}`, { state: values }]));
  const metadata = { widgets: { [STATE]: { state } } };
  prepare(notebook(metadata, area(viewOf("box"))), stills(...Array(100).fill(SEEN)));
  assert.ok(looks < 5 * 500, `${looks} looks`);
});

test("pictures stand where they are seen, within a sheet that is small", () => {
  assert.deepEqual(contained([0, 0, 200, 100], 50, 50), [50, 0, 150, 100]);
  assert.deepEqual(shared([0, 0, 100, 100], [50, -10, 200, 60]), [50, 0, 100, 60]);
  assert.deepEqual(clipped([100, 0, 300, 100], "inset(0px 25% 0px 0px)"), [100, 0, 250, 100]);
  assert.deepEqual(clipped([100, 0, 300, 100], "inset(0px 0px 0px 50%)"), [200, 0, 300, 100]);
  assert.deepEqual(clipped([0, 0, 1, 1], "none"), [0, 0, 1, 1]);
  const boxes = [[100, 50, 484, 434], [484, 50, 868, 434]];
  assert.deepEqual(sheetOf(boxes), { left: 100, top: 50, scale: 0.5, width: 384, height: 192 });
});

test("a widget that has come and is seen nowhere is shown anew, once", () => {
  const outputs = area({ data: {}, metadata: {} }, { ...viewOf("root"), toJSON: () => "the same output" });
  showAgain(notebook({}, outputs), "root", { a: "view" });
  showAgain(notebook({}, outputs), "another", {});
  assert.equal(outputs.get(1).data[VIEW].model_id, "root");
  showAgain(notebook({}, outputs), "root", {});
  assert.equal(outputs.get(1), "the same output");
});
