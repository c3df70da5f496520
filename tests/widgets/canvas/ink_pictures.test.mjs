import assert from "node:assert/strict";
import test from "node:test";

import { Outbox } from "../../../widgets/canvas/ink/outbox.js";
import { bring } from "../../../widgets/canvas/ink/pictures.js";

/** An outbox whose kernel acks each change at once, and refuses those of the operation `refuses`. */
function kernel(refuses = "") {
  const got = [];
  const told = [];
  const outbox = new Outbox({
    client: "page",
    changed: () => told.push(outbox?.told),
    later: () => 0,
    send: (message, [buffer]) => {
      got.push({ ...message, bytes: new Uint8Array(buffer) });
      const refused = message.op === refuses ? "No." : undefined;
      queueMicrotask(() => outbox.acked({ last: message.seq, refused }));
    },
  });
  return { outbox, got, told };
}

const fileOf = (size) => new File([Uint8Array.from({ length: size }, (_, place) => place % 251)], "large.tif");

test("a small file goes as it is, in one change", async () => {
  const { outbox, got } = kernel();
  await bring(new File([Uint8Array.of(1, 2, 3)], "shoe.png"), "picture", outbox);
  const [{ op, name, bytes, upload }] = got;
  assert.deepEqual([op, name, [...bytes], upload], ["picture", "shoe.png", [1, 2, 3], undefined]);
});

test("a large one goes byte by byte, a piece after the other, and says how far it is", async () => {
  const { outbox, got, told } = kernel();
  const file = fileOf(5_000_000);
  await bring(file, "picture", outbox);
  assert.deepEqual(got.map(({ op, at }) => [op, at]), [["piece", 0], ["piece", 2_000_000], ["picture", 4_000_000]]);
  assert.equal(new Set(got.map(({ upload }) => upload)).size, 1);
  const whole = Buffer.concat(got.map(({ bytes }) => bytes));
  assert.ok(whole.equals(Buffer.from(await file.arrayBuffer())));
  assert.ok(told.includes("large.tif is on its way: 40 %"));
  assert.equal(outbox.told, "");
});

test("what the kernel refuses is not gone on with", async () => {
  const { outbox, got } = kernel("piece");
  await bring(fileOf(5_000_000), "picture", outbox);
  assert.equal(got.length, 1);
  assert.equal(outbox.notice, "No.");
});

test("what is too large for a page is said, and nothing is sent", async () => {
  const { outbox, got } = kernel();
  await bring({ name: "scan.tif", size: 300e6 }, "picture", outbox);
  assert.equal(got.length, 0);
  assert.match(outbox.notice, /scan.tif has 300 MB, and a page sends 128 at most/);
});
