// Changes on their way to the kernel: kept in order, sent again, and shown while they wait. The kernel's half, and what
// travels, is in `_ink.py`. Knows no screen.

import { packPoints } from "./ink_shape.js";

const RESEND_MS = 3000; // without progress
const RESEND_MAX_MS = 12000;
const GAP_RESEND_MS = 300;
const BUSY_MS = 1200; // a change that waits longer is mentioned
const SILENT_MS = 30000; // a change that waits so long may wait for a kernel that is gone
const LINGER_MS = 150; // ink stays this long after its ack, while ipycanvas decodes the same pixels
const BURST_MS = 150; // two revisions closer than this may be shown in the wrong order...
const SETTLE_MS = 400; // ...so all pixels are asked for once it is quiet

/** What changes that the kernel has not shown yet look like: strokes, over blank paper when `covered`. */
export function foldPending(ops) {
  let now = { covered: false, strokes: [] };
  let past = [];
  let future = [];
  for (const op of ops) {
    if (op.op === "draw" || op.op === "clear") {
      past.push(now);
      future = [];
      now = op.op === "clear" ? { covered: true, strokes: [] } : { ...now, strokes: [...now.strokes, op] };
    } else {
      const [from, to] = op.op === "undo" ? [past, future] : [future, past];
      if (!from.length) continue; // reaches what is below the ink: only the kernel knows
      to.push(now);
      now = from.pop();
    }
  }
  return now;
}

/** Keeps changes in order until the kernel has them (go-back-N): one per page and canvas, shared by its views. */
export class Outbox {
  constructor({ client, send, changed, now = () => performance.now(), later = (act, ms) => setTimeout(act, ms) }) {
    Object.assign(this, { client, send, changed, now, later });
    this.ops = []; // acked ones linger at the front
    this.seq = 0;
    this.last = 0;
    this.wait = RESEND_MS;
    this.sentAt = -Infinity;
    this.refusal = "";
  }

  get waiting() {
    return this.ops.filter((op) => op.seq > this.last);
  }

  /** What there is to say to the person, in a sentence; empty when all goes well. */
  get notice() {
    const { waiting } = this;
    const waited = waiting.length ? this.now() - waiting[0].at : 0;
    const changes = waiting.length === 1 ? "1 change waits" : `${waiting.length} changes wait`;
    if (waited >= SILENT_MS) return `The kernel does not answer: ${changes}. If it was restarted, run the cell again.`;
    return this.refusal || (waited >= BUSY_MS ? `The kernel is busy: ${changes}, nothing is lost.` : "");
  }

  push(op) {
    this.refusal = "";
    this.ops.push({ ...op, seq: ++this.seq, at: this.now() });
    this.#post(this.ops.at(-1));
    this.#tick();
    this.changed();
  }

  /** The kernel has all changes up to `last`; answers how long the newest of them took, null when none is new. */
  acked({ last, gap, refused }) {
    const now = this.now();
    const fresh = this.ops.filter((op) => op.seq > this.last && op.seq <= last);
    for (const op of fresh) op.ackedAt = now;
    if (fresh.length) {
      this.last = last;
      this.wait = RESEND_MS;
      this.sentAt = now;
      this.later(() => this.#forget(), LINGER_MS);
    }
    if (refused) {
      this.refusal = refused;
      this.ops = this.ops.filter((op) => op.seq !== last);
    }
    if (gap && now - this.sentAt > GAP_RESEND_MS) this.resend();
    this.changed();
    return fresh.length ? now - fresh.at(-1).at : null;
  }

  resend() {
    for (const op of this.waiting) this.#post(op);
  }

  close() {
    clearTimeout(this.timer);
  }

  #post({ op, seq, tool, colour, size_px, opacity, points }) {
    this.sentAt = this.now();
    const name = { kind: "op", client: this.client, seq, op };
    if (op === "draw") this.send({ ...name, tool, colour, size_px, opacity }, [packPoints(points)]);
    else this.send(name, []);
  }

  #tick() {
    if (this.timer !== undefined) return;
    this.timer = this.later(() => {
      this.timer = undefined;
      if (!this.waiting.length) return;
      if (this.now() - this.sentAt >= this.wait) {
        this.wait = Math.min(this.wait * 2, RESEND_MAX_MS);
        this.resend();
      }
      this.changed();
      this.#tick();
    }, 500);
  }

  #forget() {
    const now = this.now();
    this.ops = this.ops.filter((op) => !(op.ackedAt <= now - LINGER_MS + 1));
    this.changed();
  }
}

export const boxes = new Map(); // canvas id -> its outbox with what its views need

/** Opens the outbox of a canvas in this page; its views find it in `boxes`. */
export function open(model, signal) {
  const views = new Set();
  const send = (content, buffers) => {
    try {
      model.send(content, undefined, buffers);
    } catch {
      // the kernel is away: the outbox sends it again
    }
  };
  const client = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const outbox = new Outbox({ client, send, changed: () => views.forEach((paint) => paint()) });
  let quiet;
  let revisedAt = -Infinity;
  const settle = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => send({ kind: "redraw" }, []), SETTLE_MS);
  };
  model.on("change:revision", () => {
    if (performance.now() - revisedAt < BURST_MS) settle();
    revisedAt = performance.now();
  });
  model.on("msg:custom", (content) => {
    if (content.kind !== "ack" || content.client !== client) return;
    const ack_ms = outbox.acked(content);
    if (ack_ms === null) return;
    if (ack_ms > RESEND_MS) settle(); // the connection may have been cut, and pixels lost
    document.dispatchEvent(new CustomEvent("sketchlab:ack", { detail: ack_ms }));
  });
  window.addEventListener("online", () => outbox.resend(), { signal });
  signal.addEventListener("abort", () => {
    outbox.close();
    clearTimeout(quiet);
    boxes.delete(model.get("canvas_id"));
  });
  boxes.set(model.get("canvas_id"), { outbox, views });
}
