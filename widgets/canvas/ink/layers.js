// What the kernel has drawn, read from its ipycanvas canvases in the state after the last complete message.

const FIND_MS = 100;
const FIND_TRIES = 200;

/** The number that the kernel has put into one pixel (see `canvas_layers.py`). */
export function stampOf([red, green, blue]) {
  return red * 65536 + green * 256 + blue;
}

/** What is shown after a message: `latest` is its revision, `complete` that of the last message with all pixels. */
export function stateAfter({ revision, isTorn }, latest, complete) {
  if (latest === complete) return { revision: latest, isTorn: false };
  return isTorn || latest > revision + 1 ? { revision, isTorn: true } : { revision: latest, isTorn: false };
}

/**
 * Follows the canvases that `model.get("layers")` names.
 *
 * ipycanvas decodes pictures while it already obeys later commands; only after a whole message its canvases belong
 * together. Each message of ours ends on the canvas `stamp`: when that has a new frame, all that changed are copied,
 * and `changed` is called. Messages are numbered without gaps: after a lost one, all pixels are asked for again.
 */
export class Layers {
  constructor(model, changed, signal) {
    Object.assign(this, { model, changed, signal });
    this.copies = new Map(); // name -> {canvas, generation}
    this.revision = -1; // up to here, everything is shown
    this.isTorn = false; // a message was lost
    this.canvases = new Map(); // model id -> ipycanvas model
    this.fresh = new Set(); // model ids
    this.follow();
    model.on("change:layers", () => this.follow());
  }

  async follow() {
    const wanted = [...this.model.get("layers").map(({ canvas }) => canvas), this.model.get("stamp")];
    await Promise.all(wanted.map((id) => this.find(id)));
    if (!this.signal.aborted) this.take();
  }

  async find(id) {
    if (!id || this.canvases.has(id)) return;
    for (let tries = 0; tries < FIND_TRIES && !this.signal.aborted; tries++) {
      try {
        const found = await this.model.widget_manager.get_model(id);
        if (this.canvases.has(id)) return;
        this.canvases.set(id, found);
        this.fresh.add(id);
        const heard = () => {
          this.fresh.add(id);
          if (id === this.model.get("stamp")) this.take();
        };
        found.on("new-frame", heard);
        this.signal.addEventListener("abort", () => found.off("new-frame", heard));
        return;
      } catch {
        await new Promise((later) => setTimeout(later, FIND_MS)); // a reloaded page makes its models in any order
      }
    }
  }

  /** Copies what is new. */
  take() {
    const stamp = this.canvases.get(this.model.get("stamp"));
    if (!stamp) return;
    for (const { name, canvas: id } of this.model.get("layers")) {
      const source = this.canvases.get(id)?.canvas;
      if (!source?.width || !source.height || (this.copies.has(name) && !this.fresh.has(id))) continue;
      if (!this.copies.has(name)) this.copies.set(name, { canvas: document.createElement("canvas"), generation: 0 });
      const copy = this.copies.get(name);
      copy.generation += 1;
      if (copy.canvas.width !== source.width || copy.canvas.height !== source.height) {
        [copy.canvas.width, copy.canvas.height] = [source.width, source.height];
      }
      const pen = copy.canvas.getContext("2d");
      pen.globalCompositeOperation = "copy";
      pen.drawImage(source, 0, 0);
    }
    this.fresh.clear();
    const { data } = stamp.canvas.getContext("2d").getImageData(0, 0, 2, 1);
    Object.assign(this, stateAfter(this, stampOf(data), stampOf(data.subarray(4))));
    this.changed();
  }
}
