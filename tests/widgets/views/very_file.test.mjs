import assert from "node:assert/strict";
import { test } from "node:test";

import { veryFile } from "../../../widgets/views/very_file.js";

function model() {
  const listeners = [];
  return {
    sent: [],
    get: () => "apple.png",
    on: (_name, act) => listeners.push(act),
    off: (_name, act) => listeners.splice(listeners.indexOf(act), 1),
    send(message) { this.sent.push(message); },
    answer: (bytes) => listeners.forEach((act) => act({ kind: "file" }, [bytes])),
    listeners,
  };
}

test("the file is asked for once, when somebody wants it, and again for another picture", async () => {
  const kernel = model();
  const file = veryFile(kernel, new AbortController().signal);
  assert.deepEqual(kernel.sent, []);
  const [one, other] = [file.get(), file.get()];
  kernel.answer(new Uint8Array([1, 2]));
  assert.equal(await one, await other);
  assert.equal((await file.get()).name, "apple.png");
  assert.equal(kernel.sent.length, 1);
  file.forget();
  assert.equal(file.now(), null);
  const next = file.get();
  kernel.answer(new Uint8Array([3]));
  assert.deepEqual(new Uint8Array(await (await next).arrayBuffer()), new Uint8Array([3]));
});

test("a picture that comes while its file is waited for leaves nobody waiting", async () => {
  const kernel = model();
  const file = veryFile(kernel, new AbortController().signal);
  const wanted = file.get();
  file.forget();
  kernel.answer(new Uint8Array([7]));
  assert.equal((await wanted).size, 1);
});

test("after the view is gone nothing is heard", () => {
  const kernel = model();
  const end = new AbortController();
  veryFile(kernel, end.signal);
  end.abort();
  assert.equal(kernel.listeners.length, 0);
});
