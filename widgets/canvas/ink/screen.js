// What is seen: the layers below the pen, the layer that is drawn on, the stroke under the pen, the layers above.
// Everything is drawn at the screen's own resolution, through one view. Knows no pointer and no kernel.

import { foldPending } from "./outbox.js";
import { paintStroke, pathsOf } from "./paint.js";
import { mirrored, softness, trace } from "./shape.js";
import { centred, fit, panned, toPaper, zoomed } from "./view.js";

const PIXELS_FROM = 4; // screen pixels for one of the kernel's: seen so near, pixels are squares

export class Screen {
  constructor(model, { outbox, layers }, seen) {
    Object.assign(this, { model, outbox, layers, seen });
    const canvas = () => document.createElement("canvas");
    [this.below, this.layer, this.live, this.above, this.aside] = [canvas(), canvas(), canvas(), canvas(), canvas()];
    this.nodes = [this.below, this.layer, this.live, this.above];
    this.pens = new Map([...this.nodes, this.aside].map((node) => [node, node.getContext("2d")]));
    this.room = { width: 0, height: 0 };
    this.view = { scale: 1, x: 0, y: 0 };
    this.isFit = true;
    this.stroke = null;
    this.painted = new Map();
  }

  get paper() {
    return { width: this.model.get("width"), height: this.model.get("height") };
  }

  /** The layer that is drawn on. */
  get active() {
    const { model } = this;
    const layer = model.get("layers").find(({ name }) => name === model.get("drawn_on"));
    const overlay = { opacity: model.get("overlay_opacity"), tint: model.get("overlay_colour") };
    return { opacity: 1, visible: true, tint: "", ...layer, ...(model.get("kind") === "mask" ? overlay : {}) };
  }

  resize(width, height) {
    this.room = { width, height };
    this.density = window.devicePixelRatio || 1;
    for (const node of [...this.nodes, this.aside]) {
      [node.width, node.height] = [Math.round(width * this.density), Math.round(height * this.density)];
    }
    this.painted.clear();
    this.isFit ? this.fit() : this.look(panned(this.view, this.room, this.paper, 0, 0));
  }

  look(view, isFit = false) {
    this.view = view;
    this.isFit = isFit;
    this.paint();
    this.seen();
  }

  fit() {
    this.look(fit(this.room, this.paper, this.frame?.reach), true);
  }

  one() {
    this.look(centred(this.room, this.paper, 1 / this.density));
  }

  zoom(factor, at = [this.room.width / 2, this.room.height / 2]) {
    this.look(zoomed(this.view, this.room, this.paper, factor, at));
  }

  toPaper(point) {
    return toPaper(this.view, point);
  }

  fromPaper([x, y]) {
    return [x * this.view.scale + this.view.x, y * this.view.scale + this.view.y];
  }

  #place(pen) {
    const scale = this.density * this.view.scale;
    pen.setTransform(scale, 0, 0, scale, this.view.x * this.density, this.view.y * this.density);
  }

  #wipe(node) {
    const pen = this.pens.get(node);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalCompositeOperation = "source-over";
    pen.globalAlpha = 1;
    pen.clearRect(0, 0, node.width, node.height);
    this.#place(pen);
    return pen;
  }

  #put(pen, name) {
    const copy = this.layers.copies.get(name)?.canvas;
    if (!copy) return;
    const { width, height } = this.paper;
    pen.imageSmoothingEnabled = (this.density * this.view.scale * width) / copy.width < PIXELS_FROM;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(copy, 0, 0, width, height);
  }

  /** Draws what is not drawn yet. */
  paint() {
    if (!this.room.width) return;
    const all = this.model.get("layers");
    const { width, height } = this.paper;
    const at = all.findIndex(({ name }) => name === this.model.get("drawn_on"));
    const parts = [[this.below, at < 0 ? all : all.slice(0, at)], [this.above, at < 0 ? [] : all.slice(at + 1)]];
    for (const [node, part] of parts) {
      const state = part.map((layer) => ({ ...layer, generation: this.layers.copies.get(layer.name)?.generation }));
      if (!this.#isNew(node, [state, width, height])) continue;
      const pen = this.#wipe(node);
      pen.fillStyle = "#ffffff";
      if (node === this.below) pen.fillRect(0, 0, width, height);
      for (const { name, opacity, visible, tint } of part) if (visible) this.#blend(pen, name, opacity, tint);
    }
    this.#paintLayer();
  }

  /** One layer, with its opacity, in a colour of its own where it has a tint. */
  #blend(pen, name, opacity, tint) {
    const aside = this.#wipe(this.aside);
    this.#put(aside, name);
    this.#tint(aside, tint);
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalAlpha = opacity;
    pen.drawImage(this.aside, 0, 0);
    pen.restore();
  }

  #tint(pen, tint) {
    if (!tint) return;
    pen.globalCompositeOperation = "source-in";
    pen.fillStyle = tint;
    pen.fillRect(0, 0, this.paper.width, this.paper.height);
    pen.globalCompositeOperation = "source-over";
  }

  #isNew(node, state) {
    const key = JSON.stringify([state, this.view]);
    if (this.painted.get(node) === key) return false;
    this.painted.set(node, key);
    return true;
  }

  #paintLayer() {
    const { name, opacity, visible, tint } = this.active;
    const { covered, strokes } = foldPending(this.outbox.ops);
    const { width, height } = this.paper;
    const generation = this.layers.copies.get(name)?.generation;
    this.layer.style.opacity = opacity;
    this.layer.hidden = !visible;
    const marks = strokes.map(({ client, seq }) => [client, seq]);
    if (!this.#isNew(this.layer, [generation, tint, covered, marks, width, height])) return;
    const pen = this.#wipe(this.layer);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, width, height);
    pen.clip();
    if (!covered) this.#put(pen, name);
    const perPixel = this.density * this.view.scale;
    for (const stroke of strokes) paintStroke(pen, stroke, { width, height, perPixel, scratch: () => this.#wipe(this.aside) });
    this.#tint(pen, tint);
    pen.restore();
    if (this.stroke) this.show(this.stroke);
  }

  /** Begins to show a stroke that grows under the pen. */
  begin(stroke) {
    this.stroke = stroke;
    const { opacity, visible, tint } = this.active;
    this.isDirect = visible && stroke.opacity === 1 && stroke.hardness === 1 && stroke.shape === "line";
    this.live.style.opacity = opacity * stroke.opacity;
    const blur = softness(stroke).blur_px * this.view.scale;
    this.live.style.filter = blur ? `blur(${blur}px)` : "";
    this.ink = stroke.tool === "brush" ? tint || stroke.colour : "#000000";
    if (stroke.tool !== "brush" && !this.isDirect) {
      // What lies below shows where ink goes away.
      this.ink = this.pens.get(this.live).createPattern(this.below, "no-repeat");
      this.ink.setTransform(this.#inverse());
    }
  }

  #inverse() {
    const scale = this.density * this.view.scale;
    return new DOMMatrix([scale, 0, 0, scale, this.view.x * this.density, this.view.y * this.density]).inverse();
  }

  /** Adds the points from `first` on to the stroke that grows. */
  extend(first) {
    const { stroke } = this;
    const { width, height } = this.paper;
    const path = new Path2D();
    const from = Math.max(0, first - 1);
    for (const image of mirrored(stroke.points.slice(from), stroke.mirror, width, height)) {
      trace(path, image, softness(stroke).drawn_px, first - from);
    }
    const pen = this.pens.get(this.isDirect ? this.layer : this.live);
    pen.save();
    this.#place(pen);
    pen.beginPath();
    pen.rect(0, 0, width, height);
    pen.clip();
    if (this.isDirect && stroke.tool === "eraser") pen.globalCompositeOperation = "destination-out";
    pen.fillStyle = this.ink;
    pen.fill(path, "nonzero");
    pen.restore();
  }

  /** Shows a whole stroke under the pen, in place of what was shown of it. */
  show(stroke) {
    this.stroke = stroke;
    if (this.isDirect && stroke.shape === "line" && stroke.isFree) {
      this.extend(0);
      return;
    }
    const { width, height } = this.paper;
    const pen = this.#wipe(this.live);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, width, height);
    pen.clip();
    const paths = pathsOf({ ...stroke, paths: undefined }, width, height);
    pen.fillStyle = this.ink;
    pen.strokeStyle = "#1976d2";
    pen.lineWidth = 1.5 / this.view.scale;
    for (const path of paths) {
      if (stroke.tool !== "keep") pen.fill(path, stroke.shape === "area" ? "evenodd" : "nonzero");
      if (stroke.shape === "area") pen.stroke(path);
    }
    pen.restore();
  }

  /** No stroke is under the pen any more; `keep` leaves its ink until the next paint. */
  end() {
    this.stroke = null;
    this.#wipe(this.live);
    this.live.style.filter = "";
    this.painted.delete(this.layer);
    this.paint();
  }

  /** The colour on the screen at a point of the surface, as #rrggbb. */
  colourAt([x, y]) {
    const [column, row] = [Math.floor(x * this.density), Math.floor(y * this.density)];
    const one = document.createElement("canvas");
    [one.width, one.height] = [1, 1];
    const pen = one.getContext("2d");
    for (const node of [this.below, this.layer, this.above]) {
      pen.globalAlpha = node.hidden ? 0 : Number(node.style.opacity || 1);
      pen.drawImage(node, column, row, 1, 1, 0, 0, 1, 1);
    }
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  }
}
