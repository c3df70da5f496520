// Changes on their way to the kernel: kept in order, sent again, and shown while they wait. The kernel's half, and what
// travels, is in `ink_layer.py`. Knows no screen.

import { packPoints, unpackPoints } from "./point_codec.js";

const RESEND_MS = 3000; // without progress
const RESEND_MAX_MS = 12000;
const GAP_RESEND_MS = 300;
const BUSY_MS = 1200; // a change that waits longer is mentioned
const SILENT_MS = 30000; // a change that waits so long may wait for a kernel that is gone
const KEPT_BYTES = 2_000_000; // a change that is larger does not fit into the browser's memory, nor what comes after it
const UNSEEN_MS = 1500; // pixels that do not come after their ack are asked for
const USUAL = { shape: "line", hardness: 1, mirror: "" }; // not sent

/** What changes that the kernel has not shown yet look like: strokes, over blank paper when `covered`. */
export function foldPending(ops) {
  let now = { covered: false, strokes: [] };
  let past = [];
  let future = [];
  for (const op of ops) {
    if (op.op === "undo" || op.op === "redo") {
      const [from, to] = op.op === "undo" ? [past, future] : [future, past];
      if (!from.length) continue; // reaches what is below the ink: only the kernel knows
      to.push(now);
      now = from.pop();
      continue;
    }
    if (op.op === "piece") continue;
    past.push(now);
    future = [];
    if (op.op === "clear") now = { covered: true, strokes: [] };
    else if (op.op === "draw") now = { ...now, strokes: [...now.strokes, op] };
  }
  return now;
}

const base64 = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
  return btoa(letters.join(""));
};
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

/** A change as text, for the browser's memory; and back. */
export function toText({ op, client, seq, content, points, buffer }) {
  const packed = points && base64(packPoints(points));
  return JSON.stringify({ op, client, seq, content, packed, picture: buffer && base64(buffer) });
}

export function fromText(text) {
  const { packed, picture, ...rest } = JSON.parse(text);
  const points = packed && { points: unpackPoints(fromBase64(packed)) };
  return { ...rest.content, ...rest, ...points, ...(picture && { buffer: fromBase64(picture) }) };
}

/**
 * Keeps changes in order until the kernel has shown them (go-back-N): one per page and canvas, shared by its views.
 *
 * `memory` ({load, save}: a list of texts) outlives a reload of the page: what the kernel had not acked is sent again
 * under its old name and number, so that it arrives once. `elders` are the changes that an older outbox of this page
 * still waits for, whole: a large picture does not fit into the memory.
 */
export class Outbox {
  constructor({ client, send, changed, memory, elders, now = () => performance.now(), later = (act, ms) => setTimeout(act, ms) }) {
    Object.assign(this, { client, send, changed, memory, now, later });
    this.ops = []; // acked ones stay at the front until the kernel's pixels are there
    this.seq = 0;
    this.last = 0;
    this.wait = RESEND_MS;
    this.sentAt = -Infinity;
    this.refusal = "";
    this.told = "";
    for (const op of elders ?? (memory?.load() ?? []).map(fromText)) {
      this.ops.push({ ...op, at: now(), isWaiting: true, isResumed: true });
    }
    if (this.ops.length) {
      this.resend();
      this.#tick();
    }
  }

  get waiting() {
    return this.ops.filter((op) => op.isWaiting);
  }

  /** What there is to say to the person, in a sentence; empty when all goes well. */
  get notice() {
    const { waiting } = this;
    const waited = waiting.length ? this.now() - waiting[0].at : 0;
    const changes = waiting.length === 1 ? "1 change waits" : `${waiting.length} changes wait`;
    if (waited >= SILENT_MS) return `The kernel does not answer: ${changes}. If it was restarted, run the cell again.`;
    return this.refusal || this.told || (waited >= BUSY_MS ? `The kernel is busy: ${changes}, nothing is lost.` : "");
  }

  /** A change: `op` is its name, `points` those of a stroke, `buffer` a picture's bytes, all else what it needs.
   *  Answers once the kernel has it: whether it was taken. */
  push({ op, points, buffer, ...content }) {
    this.refusal = "";
    const { client } = this;
    const change = { ...content, op, points, buffer, content, client, seq: ++this.seq };
    const isLarge = buffer?.byteLength > KEPT_BYTES;
    const taken = new Promise((done) => this.ops.push({ ...change, at: this.now(), isWaiting: true, isLarge, done }));
    this.#post(this.ops.at(-1));
    this.#keep();
    this.#tick();
    this.changed();
    return taken;
  }

  /** The kernel has all changes up to `last`; answers how long the newest of them took, null when none is new. */
  acked({ client = this.client, last, gap, refused, revision = 0 }) {
    const now = this.now();
    const fresh = this.waiting.filter((op) => op.client === client && op.seq <= last);
    for (const op of fresh) Object.assign(op, { isWaiting: false, ackedAt: now, revision });
    for (const op of fresh) op.done?.(!refused || op.seq !== last);
    if (fresh.length) {
      if (client === this.client) this.last = last;
      this.wait = RESEND_MS;
      this.sentAt = now;
      this.#keep();
    }
    if (refused) {
      this.refusal = refused;
      this.ops = this.ops.filter((op) => op.client !== client || op.seq !== last);
    }
    if (gap && now - this.sentAt > GAP_RESEND_MS) this.resend();
    this.changed();
    return fresh.length ? now - fresh.at(-1).at : null;
  }

  /** The kernel's pixels of this revision are on the screen: what they show needs no ink any more. */
  shown(revision) {
    const rest = this.ops.filter((op) => op.isWaiting || op.revision > revision);
    if (rest.length === this.ops.length) return;
    this.ops = rest;
    this.changed();
  }

  /** Whether pixels are late, so that they should be asked for. */
  get isUnseen() {
    return this.ops.some((op) => !op.isWaiting && this.now() - op.ackedAt > UNSEEN_MS);
  }

  /** Something that was wanted cannot be done: said until the next change. */
  refuse(sentence) {
    this.refusal = sentence;
    this.changed();
  }

  /** Something that is under way: said until it is over, which an empty sentence tells. */
  tell(sentence) {
    this.told = sentence;
    this.changed();
  }

  resend() {
    for (const op of this.waiting) this.#post(op);
  }

  /** Sends and remembers nothing any more: another outbox has taken over. */
  close() {
    clearTimeout(this.timer);
    this.memory = undefined;
    this.send = () => {};
  }

  #keep() {
    const { waiting } = this;
    const large = waiting.findIndex((op) => op.isLarge);
    const kept = large < 0 ? waiting : waiting.slice(0, large);
    this.memory?.save(kept.map((op) => (op.text ??= toText(op)))); // once: it may hold a picture
  }

  #post({ op, client, seq, content, points, buffer, isResumed }) {
    this.sentAt = this.now();
    const needed = Object.entries(content ?? {}).filter(([name, value]) => USUAL[name] !== value);
    const message = { kind: "op", client, seq, op, ...Object.fromEntries(needed) };
    if (isResumed) message.resumed = true;
    this.send(message, points ? [packPoints(points)] : buffer ? [buffer] : []);
  }

  #tick() {
    if (this.timer !== undefined) return;
    this.timer = this.later(() => {
      this.timer = undefined;
      if (!this.ops.length) return;
      if (this.waiting.length && this.now() - this.sentAt >= this.wait) {
        this.wait = Math.min(this.wait * 2, RESEND_MAX_MS);
        this.resend();
      }
      this.changed();
      this.#tick();
    }, 500);
  }
}
