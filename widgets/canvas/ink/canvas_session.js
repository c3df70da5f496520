// What one canvas has once in a page, however many views it has there: its outbox, and the kernel's layers.

import { Layers } from "./layers.js";
import { Outbox } from "./outbox.js";

const LATE_MS = 1500; // pixels that do not come are asked for
const LATEST_MS = 12000; // the longest time between two such questions
const MEMORY_BYTES = 3_000_000;

export const sessions = new Map(); // canvas id -> {key, notebook, outbox, layers, views, send}

/** Those of the texts that fit into so many bytes: the first, without a gap. */
export function fitting(texts, bytes = MEMORY_BYTES) {
  let used = 0;
  return texts.filter((text) => (used += text.length) <= bytes);
}

/** Whether a session takes over what an older one still waits for: that of the same sketch, in the same notebook. */
export function takesOver({ key, notebook }, older) {
  return older.key === key && older.notebook === notebook && older.outbox.waiting.length > 0;
}

/** Whether the page shows all that the kernel has drawn up to `revision`. */
export function isComplete(layers, outbox, revision) {
  return layers.revision >= revision && !layers.isTorn && !outbox.isUnseen;
}

/** The list of texts that outlives a reload of this page. */
function pageMemory(key) {
  return {
    load() {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? "[]");
      } catch {
        return [];
      }
    },
    save(texts) {
      try {
        const kept = fitting(texts);
        if (kept.length) sessionStorage.setItem(key, JSON.stringify(kept));
        else sessionStorage.removeItem(key);
      } catch {
        // a browser without memory: changes still wait in the page
      }
    },
  };
}

/** Opens the session of a canvas in this page; its views find it in `sessions`. */
export function openSession(model, signal) {
  const views = new Set();
  const paintAll = () => views.forEach((paint) => paint());
  const send = (content, buffers = []) => {
    try {
      model.send(content, undefined, buffers);
    } catch {
      // the kernel is away: the outbox sends it again
    }
  };
  const client = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
  const key = `sketchlab ${model.get("memory")}`;
  const memory = pageMemory(key);
  const notebook = model.widget_manager; // another one may show the same sketch: its canvas goes on
  let elders;
  for (const elder of sessions.values()) {
    if (!takesOver({ key, notebook }, elder)) continue;
    elders = elder.outbox.waiting;
    elder.outbox.close();
  }
  const outbox = new Outbox({ client, send, changed: paintAll, memory, elders });
  const clients = new Set([client, ...outbox.ops.map((op) => op.client)]);
  let openedAt = performance.now(); // until all is on the screen
  let late;
  const expect = (ms = LATE_MS) => {
    clearTimeout(late);
    late = setTimeout(() => {
      if (isComplete(layers, outbox, model.get("revision"))) return;
      send({ kind: "redraw" });
      expect(Math.min(2 * ms, LATEST_MS));
    }, ms);
  };
  const layers = new Layers(
    model,
    () => {
      outbox.shown(layers.revision);
      if (layers.isTorn) expect();
      if (openedAt !== null && layers.revision >= model.get("revision")) {
        document.dispatchEvent(new CustomEvent("sketchlab:shown", { detail: performance.now() - openedAt }));
        openedAt = null;
      }
      paintAll();
    },
    signal,
  );
  model.on("change:revision", () => expect());
  model.on("msg:custom", (content, buffers) => {
    if (content.kind === "picture") download(content, buffers);
    if (content.kind !== "ack" || !clients.has(content.client)) return;
    const ack_ms = outbox.acked(content);
    outbox.shown(layers.revision);
    if (ack_ms === null) return;
    expect();
    document.dispatchEvent(new CustomEvent("sketchlab:ack", { detail: ack_ms }));
  });
  window.addEventListener("online", () => outbox.resend(), { signal });
  signal.addEventListener("abort", () => {
    outbox.close();
    clearTimeout(late);
    sessions.delete(model.get("canvas_id"));
  });
  sessions.set(model.get("canvas_id"), { key, notebook, outbox, layers, views, send });
  expect();
}

/** A picture that this page asked the kernel for: onto the clipboard, where the page may, or into a file. */
async function download({ name, use }, [bytes]) {
  const blob = new Blob([bytes], { type: "image/png" });
  try {
    if (use !== "copy") return save(blob, name);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]); // none over plain HTTP
  } catch {
    save(blob, name);
  }
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
